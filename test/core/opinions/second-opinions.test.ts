import { answersOf } from '../../../core/answers/answers.ts';
import { Ledger } from '../../../core/ledger/ledger.ts';
import type { LedgerEntry } from '../../../core/ledger/ledger-entry.ts';
import type { CycleSummary } from '../../../core/loop-state.ts';
import { addsOpinions } from '../../../core/opinions/adds-opinions.ts';
import { batchSentence } from '../../../core/opinions/batch-sentence.ts';
import { givenInCycle } from '../../../core/opinions/given-in-cycle.ts';
import { lookedBefore } from '../../../core/opinions/looked-before.ts';
import { opinionRule } from '../../../core/opinions/opinion-rule.ts';
import { standingAnswer } from '../../../core/opinions/standing-answer.ts';
import type { ReviewAnnotation } from '../../../core/ports.ts';
import { loopSpec } from '../../support/loop-specs.ts';
import { said } from '../../support/said.ts';

const answers = answersOf({ task: 'classification', classes: ['cat', 'dog'] });
const [bob, eve] = [2, 3] as const;
const project = 7;
const spec = loopSpec({ selection: { secondOpinions: true }, review: { projects: 'loop' } });
const rule = opinionRule(spec)!;

function time(id: number): string {
  return new Date(Date.UTC(2030, 0, id)).toISOString();
}

function entry(event: 'answered' | 'skipped', cycle: number, annotation: number, annotator: number) {
  const at = time(annotation);
  const times = { createdAt: at, updatedAt: at, leadTimeSeconds: 2, startedFrom: null };
  const version = { cycle, project, task: 40, annotation, annotator, ...times };
  return event === 'skipped' ? { event, ...version } : { event, ...version, result: said('cat', 'a.png') };
}

function sent(cycle: number): LedgerEntry {
  return { event: 'sent', cycle, project, purpose: 'score', suggestedBy: null };
}

function looked(entries: readonly LedgerEntry[], cycle = 5) {
  const { people, isOpen } = lookedBefore(Ledger.read(Ledger.empty.with(entries), 'It'), cycle, answers);
  return { people: [...people].map(([person, one]) => [person, one?.id ?? 'skipped']), isOpen };
}

test('who has looked before a cycle is told by the ledger, whatever that cycle asks and hears', () => {
  const first = [sent(2), entry('answered', 2, 1, bob)];
  expect(looked(first)).toEqual({ people: [[bob, 1]], isOpen: false });
  const later = [...first, sent(5), entry('answered', 5, 2, eve)];
  expect(looked(later)).toEqual(looked(first));
  expect(looked(later, 6)).toEqual({
    people: [
      [bob, 1],
      [eve, 2],
    ],
    isOpen: false,
  });
});

test('a second opinion that nobody gave is open; a skip is a look, a deleted answer and a withdrawn question are none', () => {
  const first = [sent(2), entry('answered', 2, 1, bob)];
  expect(looked([...first, sent(4)]).isOpen).toBe(true);
  expect(looked([...first, sent(4), entry('skipped', 4, 2, eve)])).toEqual({
    people: [
      [bob, 1],
      [eve, 'skipped'],
    ],
    isOpen: false,
  });
  const gone: LedgerEntry = {
    event: 'deleted',
    cycle: 2,
    project,
    annotation: 1,
    updatedAt: time(1),
    noticedAt: time(9),
  };
  expect(looked([...first, gone])).toEqual({ people: [], isOpen: true });
  expect(looked([...first, sent(4), { event: 'withdrawn', cycle: 4, project, why: '' }]).isOpen).toBe(false);
});

function annotation(id: number, completedBy: number, label: string | null): ReviewAnnotation {
  return {
    id,
    completedBy,
    result: label === null ? [] : said(label, 'a.png'),
    wasCancelled: label === null,
    leadTimeSeconds: 2,
    startedFrom: null,
    createdAt: time(id),
    updatedAt: time(id),
  };
}

test.each([
  ['one has answered, and another is waited for', [annotation(1, bob, 'cat')], 'open', 'cat'],
  ['the first once more', [annotation(1, bob, 'cat'), annotation(2, bob, 'dog')], 'open', 'dog'],
  ['they agree', [annotation(1, bob, 'cat'), annotation(2, eve, 'cat')], 'settled', 'cat'],
  ['divided: models decide', [annotation(1, bob, 'dog'), annotation(2, eve, 'cat')], 'settled', 'dog'],
  ['the other skips', [annotation(1, bob, 'cat'), annotation(2, eve, null)], 'settled', 'cat'],
])('of two people, %s', (_, annotations, state, label) => {
  const task = { key: 'a.png', taskId: 1, people: 2, annotations };
  const standing = standingAnswer(task, project, { answers, rule, tie: () => 'dog' });
  expect(standing.state).toBe(state);
  expect(answers.truthOf(standing.answer!.result, 'It')).toEqual({ label });
});

test('a task of one person is what its newest answer says', () => {
  const task = { key: 'a.png', taskId: 1, people: 1, annotations: [annotation(1, bob, 'cat')] };
  expect(standingAnswer(task, project, { answers, rule })).toMatchObject({ state: 'settled', said: [] });
});

test('one more answer is no correction', () => {
  const [one, both] = ['7/1@a', '7/2@b,1@a'];
  expect(addsOpinions(one, both)).toBe(true);
  expect(addsOpinions(one, '7/2@b,1@c')).toBe(false);
  expect(addsOpinions(one, '7/2@b')).toBe(false);
  expect(addsOpinions(both, one)).toBe(false);
  expect(addsOpinions(one, one)).toBe(false);
  expect(addsOpinions(undefined, both)).toBe(false);
  expect(addsOpinions('import/labels.csv', both)).toBe(false);
});

test('a second opinion is counted where it was asked for, the first where that was', () => {
  const given = [annotation(1, bob, 'cat'), annotation(2, eve, 'dog')];
  expect(givenInCycle(given, { people: 2 }, 'second-opinion')).toEqual([given[1]]);
  expect(givenInCycle(given.slice(0, 1), { people: 2 }, 'second-opinion')).toEqual([]);
  expect(givenInCycle(given, { people: 2 }, 'score')).toBe(given);
});

test('the batch is told in a sentence where somebody is asked again', () => {
  const summary = { cycle: 3, selected: 8 } as CycleSummary;
  expect(batchSentence(summary)).toEqual([]);
  expect(batchSentence({ ...summary, secondOpinions: 1 })).toEqual([
    'Cycle 3 asks 7 new images and 1 second opinion',
  ]);
});
