import { judgeChaos, type AuditCounts, type Findings } from '../../chaos/verdict.ts';

const line: AuditCounts = {
  asked: 3,
  sent: 2,
  known: 1,
  unsent: 0,
  answered: 2,
  collected: 2,
  skipped: 0,
  open: 0,
};

/** A run in which two images were asked, answered and collected. */
const sound: Findings = {
  ended: { was: 'all 3 cycles are done', expected: 'all 3 cycles are done' },
  projects: ['chaos cycle 1'],
  tasks: ['a.png', 'b.png'],
  predictions: ['1 run-1', '2 run-1'],
  runs: ['chaos/1/train'],
  versions: ['run-1'],
  answers: new Map([
    ['a.png', '3'],
    ['b.png', '5'],
  ]),
  annotations: new Map([
    ['a.png', '3'],
    ['b.png', '5'],
    ['c.png', '7'],
  ]),
  audit: { lines: [line], faults: [] },
  memory: [300e6, 500e6, 520e6],
  unreplayable: [],
  unexpected: [],
};

test('a run in which nothing went wrong has no complaint', () => {
  expect(judgeChaos(sound)).toEqual({
    duplicates: { projects: 0, tasks: 0, predictions: 0, runs: 0, versions: 0 },
    lost: [],
    balances: true,
    complaints: [],
  });
});

test.each(['projects', 'tasks', 'predictions', 'runs', 'versions'] as const)(
  'double %s are counted',
  (what) => {
    const [first = ''] = sound[what];
    const { duplicates, complaints } = judgeChaos({ ...sound, [what]: [...sound[what], first, first] });
    expect(duplicates[what]).toBe(2);
    expect(complaints).toEqual([`2 of the ${what} are double.`]);
  },
);

test('an answer whose annotation is not there, or is another, is lost', () => {
  const { lost, complaints } = judgeChaos({ ...sound, annotations: new Map([['a.png', '8']]) });
  expect(lost).toEqual(['a.png', 'b.png']);
  expect(complaints).toEqual([
    'a.png was answered "3", and its annotation is "8".',
    'b.png was answered "5", and its annotation is not there.',
  ]);
});

test.each<[string, Partial<AuditCounts>]>([
  ['asked and not sent', { unsent: 1, asked: 4 }],
  ['sent twice', { sent: 3 }],
  ['answered and not collected', { collected: 1 }],
  ['neither answered nor open', { answered: 1, collected: 1 }],
])('the audit does not balance when one is %s', (_, changes) => {
  const { balances, complaints } = judgeChaos({
    ...sound,
    audit: { lines: [{ ...line, ...changes }], faults: [] },
  });
  expect(balances).toBe(false);
  expect(complaints).toEqual(['The audit does not balance.']);
});

test("an audit without lines proves nothing, and one's faults are told in its words", () => {
  expect(judgeChaos({ ...sound, audit: { lines: [], faults: [] } }).balances).toBe(false);
  const faulty = judgeChaos({ ...sound, audit: { lines: [line], faults: ['a.png has 2 tasks.'] } });
  expect(faulty.balances).toBe(false);
  expect(faulty.complaints).toEqual(['a.png has 2 tasks.']);
});

test('memory may differ by 30 % from the first cycle that trains, and not by more', () => {
  expect(judgeChaos({ ...sound, memory: [100e6, 500e6, 900e6, 650e6] }).complaints).toEqual([]);
  expect(judgeChaos({ ...sound, memory: [100e6, 500e6, 500e6, 651e6] }).complaints).toEqual([
    "The worker's memory grew from 500 MB in cycle 1 to 651 MB in the last.",
  ]);
  expect(judgeChaos({ ...sound, memory: [100e6, 500e6] }).complaints).toEqual([]);
});

test('another end than the expected one, a history that cannot be replayed and a process that died are told', () => {
  const { complaints } = judgeChaos({
    ...sound,
    ended: { was: 'FAILED', expected: 'all 3 cycles are done' },
    unreplayable: ['The second version cannot replay run 7.'],
    unexpected: ['Worker 3 ended by itself.'],
  });
  expect(complaints).toEqual([
    'The loop ended with "FAILED", not with "all 3 cycles are done".',
    'The second version cannot replay run 7.',
    'Worker 3 ended by itself.',
  ]);
});
