import { DomainError } from '../../../core/errors.ts';
import { Ledger } from '../../../core/ledger/ledger.ts';
import type { LedgerEntry } from '../../../core/ledger/ledger-entry.ts';
import { reviewEntries } from '../../../core/ledger/review-entries.ts';
import type { ReviewAnnotation } from '../../../core/ports.ts';

const review = { cycle: 2, project: 7 };
const at = '2026-11-25T10:00:00.000000Z';
const later = '2026-11-26T09:30:00.000000Z';
const noticedAt = '2026-11-27T00:00:00.000Z';
const sent: LedgerEntry = { event: 'sent', ...review, purpose: 'score', suggestedBy: 'run-1' };

function annotation(id: number, changes: Partial<ReviewAnnotation> = {}): ReviewAnnotation {
  return {
    id,
    result: [{ type: 'choices' }],
    wasCancelled: false,
    completedBy: 3,
    leadTimeSeconds: 2,
    startedFrom: { modelVersion: 'run-1', result: [] },
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

function look(ledger: Ledger, annotations: readonly ReviewAnnotation[], of = review): Ledger {
  const task = { key: 'a.png', imageUrl: '', taskId: 40, annotations };
  return Ledger.read(ledger.with(reviewEntries(ledger, task, of, noticedAt)), 'It');
}

test('each version of each annotation is an entry, once, and what was written stays as it was', () => {
  const first = look(Ledger.read(Ledger.empty.with([sent]), 'It'), [annotation(1)]);
  const second = look(first, [
    annotation(1, { updatedAt: later, result: [] }),
    annotation(2, { wasCancelled: true, completedBy: 4, startedFrom: null }),
  ]);
  expect(second.entries.map((one) => ({ ...one }))).toEqual([
    sent,
    {
      event: 'answered',
      ...review,
      task: 40,
      annotation: 1,
      annotator: 3,
      createdAt: at,
      updatedAt: at,
      leadTimeSeconds: 2,
      startedFrom: 'run-1',
      result: [{ type: 'choices' }],
    },
    expect.objectContaining({ event: 'answered', annotation: 1, updatedAt: later, result: [] }),
    expect.objectContaining({ event: 'skipped', annotation: 2, annotator: 4, startedFrom: null }),
  ]);
  const text = (ledger: Ledger) => new TextDecoder().decode(ledger.with([]));
  expect(text(second).startsWith(text(first))).toBe(true);
  expect(look(second, [annotation(1, { updatedAt: later, result: [] })]).entries.at(-1)).toEqual({
    event: 'deleted',
    ...review,
    annotation: 2,
    updatedAt: at,
    noticedAt,
  });
  expect(second.missing(second.entries)).toEqual([]);
});

test('what stands is the newest version of what was not deleted, oldest annotation first', () => {
  const [one, two, three] = [
    annotation(1, { createdAt: later, updatedAt: later }),
    annotation(2),
    annotation(3),
  ];
  const ledger = look(look(Ledger.empty, [one, two, three]), [one, { ...two, updatedAt: later }]);
  expect(ledger.standing().map(({ annotation: id, updatedAt }) => [id, updatedAt])).toEqual([
    [2, later],
    [1, later],
  ]);
});

test('a look at one project says nothing of what is in another', () => {
  const ledger = look(look(Ledger.empty, [annotation(1)]), [], { cycle: 3, project: 8 });
  expect(ledger.standing()).toHaveLength(1);
});

test('an annotation that comes back under a deleted id is another one', () => {
  const gone = look(look(Ledger.empty, [annotation(1)]), []);
  const back = look(gone, [annotation(1, { createdAt: later, updatedAt: later })]);
  expect(back.entries.map(({ event }) => event)).toEqual(['answered', 'deleted', 'answered']);
  expect(back.standing()).toMatchObject([{ annotation: 1, updatedAt: later }]);
});

test('lines of a newer labelloop are kept and passed over; a line that is no JSON is refused by its number', () => {
  const bytes = new TextEncoder().encode('{"event":"sold","cycle":1}\n');
  const ledger = Ledger.read(bytes, 'It');
  expect(ledger.entries).toEqual([]);
  expect(new TextDecoder().decode(ledger.with([sent]))).toBe(
    `{"event":"sold","cycle":1}\n${JSON.stringify(sent)}\n`,
  );
  expect(() => Ledger.read(new TextEncoder().encode('{}\n{"ev'), 'The ledger of "a"')).toThrow(
    new DomainError('The ledger of "a" is broken: line 2 is no JSON.'),
  );
});
