import { affordableImages, stopReason } from '../../core/stop-rule.ts';
import { loopSpec } from '../support/loop-specs.ts';

const now = {
  cycle: 1,
  trainLabels: 100,
  metric: { name: 'macro recall', value: 0.85, low: 0.8, high: 0.9 },
};

test.each([
  [{ cycles: 1 }, null],
  [{ cycles: 1, labels: 101 }, null],
  [{ cycles: 1, labels: 100 }, 'the budget of 100 labels is spent (100)'],
  [{ cycles: 5, metric: 0.81 }, null],
  [{ cycles: 5, metric: 0.8 }, 'macro recall is at least 0.800 with 95 % confidence (target 0.8)'],
])('%j after cycle 1 with 100 labels and 0.8: %s', (stop, reason) => {
  expect(stopReason(loopSpec({ stop }).stop, now)).toBe(reason);
});

test('selects as many batches as there are cycles, and measures the last one', () => {
  const { stop } = loopSpec({ stop: { cycles: 3 } });
  const reasons = [1, 2, 3, 4].map((cycle) => stopReason(stop, { ...now, cycle }));
  expect(reasons).toEqual([null, null, null, 'all 3 cycles are done']);
});

test('a batch holds what the budget can pay', () => {
  const spec = (labels?: number) =>
    loopSpec({ selection: { maxImages: 50 }, stop: labels === undefined ? {} : { labels } });
  expect(affordableImages(spec(), 10_000)).toBe(50);
  expect(affordableImages(spec(120), 100)).toBe(20);
  expect(affordableImages(spec(1000), 100)).toBe(50);
  expect(affordableImages(spec(90), 100)).toBe(0);
});
