import { answeredLoop } from '../support/answered-loop.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';

jest.setTimeout(120_000);

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

test('news that come faster than they are told leave no trace of their number', async () => {
  const loop = { cycles: 3, images: 100, annotators: 2, whileTraining: 0 };
  const { runs, webhooks, signals, seconds } = await answeredLoop(temporal, temporal.uniqueQueue(), loop);
  // Three reviews in cycle 0, and one in each later cycle that asks.
  expect(webhooks).toBe(6 * 100 * 2);
  // Of each of the four waits the first, the last, and one a second: what is left of them is the time that they took.
  expect(signals).toBeLessThanOrEqual(4 * 2 + seconds);
  expect(runs.map(({ cycle }) => cycle)).toEqual([0, 1, 2, 3, 4]);
  for (const { events, bytes } of runs) {
    expect(events).toBeLessThan(70 + 10 * seconds);
    expect(bytes).toBeLessThan(25_000 + 600 * seconds);
  }
});

test('news that are told one by one make runs and no longer ones, and a loop in training is told nothing', async () => {
  const people = { images: 25, annotators: 2, oneByOne: true };
  const loop = { ...people, cycles: 1, whileTraining: 120, eventsPerRun: 150 };
  const { runs, signals } = await answeredLoop(temporal, temporal.uniqueQueue(), loop);
  expect(signals).toBeGreaterThan(4 * 25 * 2 - 10);
  expect(runs.filter(({ cycle }) => cycle === 0).length).toBeGreaterThan(2);
  for (const { events } of runs) expect(events).toBeLessThan(150 + 80);
});
