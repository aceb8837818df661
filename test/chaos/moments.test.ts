import { faultNames, faults, planMoments, type Fault, type Target } from '../../chaos/moments.ts';

const pairs = faultNames.flatMap((fault) => faults[fault].map((target) => `${fault} ${target}`));
const pairOf = ({ fault, target }: { fault: string; target: string }) => `${fault} ${target}`;

test('the same seed plans the same moments, and another seed others', () => {
  const plan = (seed: number) => planMoments({ moments: 50, seed });
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7).map(pairOf)).not.toEqual(plan(8).map(pairOf));
});

test('every pair of fault and target comes up once before any comes up again', () => {
  const planned = planMoments({ moments: pairs.length + 5, seed: 3 }).map(pairOf);
  expect(planned.slice(0, pairs.length).sort()).toEqual([...pairs].sort());
  expect(new Set(planned.slice(pairs.length)).size).toBe(5);
});

test('the default of 50 moments holds every fault', () => {
  const planned = planMoments({ moments: 50, seed: 1 });
  expect(planned).toHaveLength(50);
  expect(new Set(planned.map(({ fault }) => fault))).toEqual(new Set(faultNames));
});

test('calm lasts up to 4 s, a fault half a second to 6 s', () => {
  for (const { afterMs, forMs, turn } of planMoments({ moments: 200, seed: 2 })) {
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(afterMs).toBeLessThanOrEqual(4000);
    expect(forMs).toBeGreaterThanOrEqual(500);
    expect(forMs).toBeLessThanOrEqual(6000);
    expect(turn).toBeGreaterThanOrEqual(0);
    expect(turn).toBeLessThan(1);
  }
});

test('leaving out what the machine cannot do changes nothing else', () => {
  const all = planMoments({ moments: pairs.length, seed: 4 });
  const some = planMoments(
    { moments: 20, seed: 4 },
    (fault) => fault !== 'clock jump' && fault !== 'disk full',
  );
  expect(some).toEqual(
    all.filter(({ fault }) => fault !== 'clock jump' && fault !== 'disk full').slice(0, 20),
  );
});

test('what the machine cannot do is not planned, and nothing at all is no plan', () => {
  const canKill = (fault: Fault, target: Target) => fault === 'kill' && target !== 'postgres';
  const planned = planMoments({ moments: 10, seed: 1 }, canKill);
  expect(planned).toHaveLength(10);
  expect(new Set(planned.map(pairOf))).toEqual(
    new Set(['kill worker', 'kill temporal', 'kill label-studio', 'kill mlflow', 'kill engine']),
  );
  expect(planMoments({ moments: 10, seed: 1 }, () => false)).toEqual([]);
});
