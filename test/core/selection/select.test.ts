import { DomainError } from '../../../core/errors.ts';
import { select } from '../../../core/selection/select.ts';
import { embeddedPool } from '../../support/embedded-pool.ts';

const pool = embeddedPool(60);
const { ids, informativeness, probabilities, embeddings } = pool;
const rules = { size: 8, seed: '1/1' };

test('takes the strategy that the arrays allow', () => {
  const strategies = [
    { ids },
    { ids, informativeness },
    { ids, embeddings },
    { ids, informativeness, embeddings },
  ];
  expect(strategies.map((input) => select(input, rules).strategy)).toEqual([
    'random',
    'top-k',
    'k-center',
    'two-stage',
  ]);
});

test('with few labels it covers first, and hands over to the scores', () => {
  const after = (labels: number, input: object = { informativeness, probabilities, embeddings }) =>
    select({ ids, ...input, labelled: [...ids.keys()].slice(0, labels) }, rules).strategy;
  expect([0, 9, 10].map((labels) => after(labels))).toEqual([
    'facility-location',
    'facility-location',
    'two-stage',
  ]);
  expect([9, 10].map((labels) => after(labels, { informativeness }))).toEqual(['random', 'top-k']);
});

test('rows under the least informativeness come by the random arm only', () => {
  const selection = select(pool, { ...rules, size: 60, minInformativeness: 0.6, randomShare: 0.1 });
  const low = selection.chosen.filter((one) => (one.informativeness ?? 0) < 0.6);
  expect(low.length).toBeGreaterThan(0);
  expect(low.every(({ by }) => by === 'random')).toBe(true);
  expect(selection.chosen.map(({ row }) => row).filter((row) => informativeness[row]! >= 0.6)).toHaveLength(
    informativeness.filter((one) => one >= 0.6).length,
  );
  expect(selection.short).toBe(true);
});

test('weights give a class more of the batch', () => {
  const quotas = { weights: [3, 1, 1, 1], labels: [0, 0, 0, 0] };
  const input = embeddedPool(400);
  const { chosen } = select(input, { ...rules, strategy: 'top-k', size: 60, quotas });
  const counts = [0, 0, 0, 0];
  for (const { row } of chosen) {
    const p = [...input.probabilities.values.subarray(row * 4, row * 4 + 4)];
    counts[p.indexOf(Math.max(...p))]! += 1;
  }
  expect(counts).toEqual([30, 10, 10, 10]);
});

test('names the nearest of what was labelled or chosen before', () => {
  const { chosen } = select({ ids, embeddings, labelled: [5] }, rules);
  const before = [ids[5]];
  for (const { id, nearest } of chosen) {
    expect(before).toContain(nearest?.id);
    expect(nearest?.cosine).toBeLessThanOrEqual(1);
    before.push(id);
  }
});

test.each([
  [
    'a strategy without its arrays',
    { ids },
    { strategy: 'badge' as const },
    'The strategy badge needs probabilities',
  ],
  ['the guard without embeddings', { ids }, { nearDuplicates: 0.9 }, 'near-duplicates needs embeddings'],
  [
    'a quota of other classes',
    { ids, probabilities },
    { quotas: { weights: [1, 1], labels: [0, 0] } },
    'A quota names 2 classes; the probabilities are of 4.',
  ],
  [
    'scores of another length',
    { ids, informativeness: informativeness.subarray(1) },
    {},
    'There are 60 ids, but scores of 59; give one of each a row.',
  ],
  ['an id twice', { ids: [...ids.slice(1), 'images/1-7.jpg'] }, {}, 'The id "images/1-7.jpg" stands twice.'],
  ['a row that is not there', { ids, labelled: [60] }, {}, 'Row 60 is labelled, but there are 60 rows.'],
])('refuses %s', (_, input, more, message) => {
  expect(() => select(input, { ...rules, ...more })).toThrow(DomainError);
  expect(() => select(input, { ...rules, ...more })).toThrow(message);
});
