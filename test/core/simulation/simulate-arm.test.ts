import { simulateArm } from '../../../core/simulation/simulate-arm.ts';
import { simulationArm } from '../../../core/simulation/simulation-arm.ts';
import { simulationSplit } from '../../../core/simulation/simulation-split.ts';
import { labelledBlobs } from '../../support/labelled-blobs.ts';

const set = labelledBlobs(120);
const plan = { holdOut: 0.3, first: 6, batch: 6, cycles: 3 };
const run = (arm: string, of = {}, seed = 1) =>
  simulateArm(set, simulationArm(arm), { ...plan, ...of }, seed);

test('measures before the first batch and after each', () => {
  const points = run('two-stage');
  expect(points.map(({ labels }) => labels)).toEqual([6, 12, 18, 24]);
  expect(points.at(-1)!.accuracy).toBeGreaterThan(0.8);
});

test('equal seeds give equal curves; other arms begin at the same point, other seeds do not', () => {
  expect(run('margin')).toEqual(run('margin'));
  expect(run('margin')[0]).toEqual(run('random')[0]);
  expect(run('margin')).not.toEqual(run('random'));
  expect(run('margin')).not.toEqual(run('margin', {}, 2));
});

test('ends when the pool is used up', () => {
  expect(run('random', { batch: 50, cycles: 9 }).map(({ labels }) => labels)).toEqual([6, 56, 84]);
});

test.each(['margin', 'two-stage:entropy', 'typiclust', 'badge', 'predicted-loss', 'default'])(
  'without a first label %s begins all the same',
  (arm) => {
    expect(run(arm, { first: 0 }).map(({ labels }) => labels)).toEqual([6, 12, 18]);
  },
);

test('counts labels of near-copies once', () => {
  const twins = { ...set, groups: set.ids.map((_, row) => `pair-${row >> 1}`) };
  const [all] = simulateArm(twins, simulationArm('random'), { ...plan, first: 84, cycles: 0 }, 1);
  expect(all).toMatchObject({ labels: 84, distinct: 0.5 });
});

describe('a split', () => {
  const split = simulationSplit(set, { holdOut: 0.25 }, 3);

  test('is of the asked size, leaves nothing out, and has no image on both sides', () => {
    expect(split.holdOut).toHaveLength(30);
    expect(new Set([...split.pool, ...split.holdOut]).size).toBe(120);
  });

  test('keeps near-copies on one side', () => {
    const twins = { ...set, groups: set.ids.map((_, row) => `pair-${row >> 1}`) };
    const { pool, holdOut } = simulationSplit(twins, { holdOut: 0.25 }, 3);
    const groups = (rows: readonly number[]) => new Set(rows.map((row) => row >> 1));
    expect(holdOut).toHaveLength(30);
    expect([...groups(pool)].filter((group) => groups(holdOut).has(group))).toEqual([]);
  });

  test('thins a class of the pool, and of the pool alone', () => {
    const thin = simulationSplit(set, { holdOut: 0.25, keep: { cross: 0.2 } }, 3);
    const crosses = (rows: readonly number[]) => rows.filter((row) => set.labels[row] === 1).length;
    expect(thin.holdOut).toEqual(split.holdOut);
    expect(crosses(thin.pool)).toBeLessThan(0.5 * crosses(split.pool));
    expect(thin.pool.length - crosses(thin.pool)).toBe(split.pool.length - crosses(split.pool));
  });

  test('refuses a class that is not there, and a side without images', () => {
    expect(() => simulationSplit(set, { holdOut: 0.25, keep: { star: 1 } }, 3)).toThrow('no class "star"');
    expect(() => simulationSplit(set, { holdOut: 0.001 }, 3)).toThrow('leaves 120 images to ask and 0');
  });
});

test.each(['bald', 'top-k:bald', 'random:margin', 'two-stage:margin:entropy', ''])(
  '"%s" is no way to ask',
  (name) => {
    expect(() => simulationArm(name)).toThrow('is no way to ask');
  },
);
