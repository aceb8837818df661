import { auditReviews, type AskedDatapoint, type SentTask } from '../../../core/audit/audit-reviews.ts';
import type { ReviewAnnotation } from '../../../core/ports.ts';

const answers = { isAnswer: (result: readonly unknown[]) => result.length > 0 };
const at = '2026-11-25T10:00:00Z';

function asked(
  path: string,
  source: string | null = null,
  changes: Partial<AskedDatapoint> = {},
): AskedDatapoint {
  return { path, cycle: 1, purpose: 'score', source, ...changes };
}

function annotation(id: number, changes: Partial<ReviewAnnotation> = {}): ReviewAnnotation {
  return {
    id,
    result: [{ type: 'choices' }],
    wasCancelled: false,
    completedBy: 1,
    leadTimeSeconds: 2,
    startedFrom: null,
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

let ids = 100;
function task(
  key: string,
  annotations: readonly ReviewAnnotation[] = [],
  changes: Partial<SentTask> = {},
): SentTask {
  return {
    key,
    taskId: ++ids,
    annotations,
    projectId: 7,
    cycle: 1,
    ...changes,
  };
}

const line = {
  cycle: 1,
  purpose: 'score',
  asked: 0,
  sent: 0,
  answered: 0,
  collected: 0,
  skipped: 0,
  open: 0,
  withdrawn: 0,
  known: 0,
  unsent: 0,
};

test('every label is in exactly one place', () => {
  const skip = annotation(4, { wasCancelled: true });
  const audit = auditReviews(
    [
      asked('a', `7/1@${at}`),
      asked('b'),
      asked('c'),
      asked('d'),
      asked('e', 'import/labels.csv'),
      asked('f', `7/2@${at}`),
      asked('g', null, { cycle: 2, purpose: 'random' }),
    ],
    [
      task('a', [annotation(1)]),
      task('b', [annotation(3)]),
      task('c', [skip, annotation(5, { result: [] })]),
      task('d'),
      task('f', [annotation(2, { updatedAt: '2026-11-26T10:00:00Z' })]),
    ],
    answers,
  );
  expect(audit.faults).toEqual([]);
  expect(audit.lines).toEqual([
    { ...line, asked: 6, sent: 5, answered: 3, collected: 1, skipped: 1, open: 1, known: 1 },
    { ...line, cycle: 2, purpose: 'random', asked: 1, unsent: 1 },
  ]);
});

test('a question that came to nothing is one of its cycle, and what was asked again one of each', () => {
  const skip = annotation(4, { wasCancelled: true });
  const skipped = { cycle: 1, purpose: 'score', ended: 'skipped', why: '' } as const;
  const withdrawn = { cycle: 2, purpose: 'random', ended: 'withdrawn', why: 'ada: late' } as const;
  const audit = auditReviews(
    [
      asked('skipped, then answered', `8/1@${at}`, { cycle: 2, purpose: 'again', before: [skipped] }),
      asked('skipped, and in the pool', null, { cycle: -1, before: [skipped] }),
      asked('skipped, then withdrawn', null, {
        cycle: -1,
        before: [skipped, { ...withdrawn, purpose: 'again' }],
      }),
      asked('withdrawn', null, { cycle: -1, purpose: 'random', before: [withdrawn] }),
      asked('withdrawn and asked again by the same cycle', null, {
        cycle: 2,
        purpose: 'random',
        before: [withdrawn],
      }),
    ],
    [
      task('skipped, then answered', [skip]),
      task('skipped, then answered', [annotation(1)], { projectId: 8, cycle: 2 }),
      task('skipped, and in the pool', [skip]),
      task('skipped, then withdrawn', [skip]),
      task('withdrawn and asked again by the same cycle', [], { projectId: 8, cycle: 2 }),
    ],
    answers,
  );
  expect(audit.faults).toEqual([]);
  expect(audit.lines).toEqual([
    { ...line, asked: 3, sent: 3, skipped: 3 },
    { ...line, cycle: 2, purpose: 'again', asked: 2, sent: 2, answered: 1, collected: 1, withdrawn: 1 },
    { ...line, cycle: 2, purpose: 'random', asked: 2, sent: 2, open: 1, withdrawn: 1 },
  ]);
});

test('a task that is asked again of another person is answered in its first cycle, and in the second once they have answered', () => {
  const before = [{ cycle: 1, purpose: 'score', ended: 'answered', why: '' }] as const;
  const again = { cycle: 3, purpose: 'second-opinion', before };
  const both = [annotation(1), annotation(2, { completedBy: 2 })];
  const { lines, faults } = auditReviews(
    [asked('given', `7/2@${at},1@${at}`, again), asked('open', `7/1@${at}`, again)],
    [task('given', both, { cycle: 3 }), task('open', [annotation(1)], { cycle: 3 })],
    answers,
    ({ key }) => ({ state: key === 'given' ? 'settled' : 'open', source: `7/2@${at},1@${at}` }),
  );
  expect(faults).toEqual([]);
  expect(lines).toEqual([
    { ...line, asked: 2, sent: 2, answered: 2, collected: 2 },
    { ...line, cycle: 3, purpose: 'second-opinion', asked: 2, sent: 2, answered: 1, collected: 1, open: 1 },
  ]);
});

test.each([
  [
    'a task that was withdrawn and is there',
    [asked('a', null, { cycle: -1, before: [{ cycle: 1, purpose: 'score', ended: 'withdrawn', why: '' }] })],
    [task('a', [], { taskId: 1 })],
    'was withdrawn in cycle 1, and is task 1 of project 7.',
  ],
  [
    'a skipped task that is gone',
    [asked('a', null, { cycle: -1, before: [{ cycle: 1, purpose: 'score', ended: 'skipped', why: '' }] })],
    [],
    'was skipped in cycle 1, and its task is gone.',
  ],
  [
    'a task twice',
    [asked('a')],
    [task('a', [], { taskId: 1 }), task('a', [], { taskId: 2, projectId: 8 })],
    'has 2 tasks: task 1 of project 7, task 2 of project 8.',
  ],
  [
    'a task nobody asked for',
    [],
    [task('a', [], { taskId: 1 })],
    'is task 1 of project 7, and was never selected.',
  ],
  [
    'a task of another cycle',
    [asked('a', null, { cycle: 2 })],
    [task('a', [], { taskId: 1 })],
    'was selected in cycle 2, and is task 1 of project 7 of cycle 1.',
  ],
  [
    'an answer that is gone',
    [asked('a', `7/3@${at}`)],
    [task('a')],
    'is annotated by annotation 3 of project 7, which Label Studio no longer has.',
  ],
  [
    'a task that is missing',
    [asked('b'), asked('a')],
    [task('b')],
    'was selected in cycle 1 as score, and has no task though others have; while its review is being opened, look again.',
  ],
] satisfies [string, AskedDatapoint[], SentTask[], string][])(
  '%s is a fault',
  (_, datapoints, tasks, text) => {
    expect(auditReviews(datapoints, tasks, answers).faults).toEqual([{ path: 'a', text }]);
  },
);
