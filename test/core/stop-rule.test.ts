import { affordableImages, stopDecision, stopReason, timeLimitMs } from '../../core/stop-rule.ts';
import { loopSpec } from '../support/loop-specs.ts';

const now = {
  cycle: 1,
  trainLabels: 100,
  metric: { name: 'macro recall', value: 0.85, low: 0.8, high: 0.9 },
  kappas: [0.9, 0.985, 0.99, 0.995],
  entropy: 0.05,
  gain: { value: 0.002, atMost: 0.009 },
  hours: 30.5,
  nowMs: Date.parse('2026-11-25T12:00:00Z'),
};
const plateau =
  'the last 3 cycles gained +0.002, at most +0.009 with 95 % confidence (a plateau is less than 0.01)';

test.each([
  [{ cycles: 1 }, null],
  [{ cycles: 1, labels: 101 }, null],
  [{ cycles: 1, labels: 100 }, 'the budget of 100 labels is spent (100)'],
  [{ cycles: 5, metric: 0.81 }, null],
  [{ cycles: 5, metric: 0.8 }, 'macro recall is at least 0.800 with 95 % confidence (target 0.8)'],
  [{ plateau: {} }, plateau],
  [{ plateau: { gain: 0.009 } }, null],
  // The mean of 0.985, 0.99 and 0.995 is 0.99.
  [{ agreement: {} }, 'the last 3 models agree each with the one before by κ 0.990 on average (target 0.99)'],
  [{ agreement: { cycles: 4 } }, null],
  [{ agreement: { cycles: 5, kappa: 0.5 } }, null],
  [{ entropy: 0.05 }, 'the mean entropy of the stop set is 0.050 (target 0.05 or less)'],
  [{ entropy: 0.049 }, null],
  [{ hours: 30.5 }, 'the loop has run for 30 of 30.5 hours'],
  [{ hours: 31 }, null],
  [{ date: '2026-11-25' }, 'it is 2026-11-25'],
  [{ date: '2026-11-25T12:00:01Z' }, null],
])('%j after cycle 1 with 100 labels and 0.8: %s', (stop, reason) => {
  expect(stopReason(loopSpec({ stop }).stop, now)).toBe(reason);
});

test('selects as many batches as there are cycles, and measures the last one', () => {
  const { stop } = loopSpec({ stop: { cycles: 3 } });
  const reasons = [1, 2, 3, 4].map((cycle) => stopReason(stop, { ...now, cycle }));
  expect(reasons).toEqual([null, null, null, 'all 3 cycles are done']);
});

test('all rules that ask whether the model is done must hold, where it says so; a budget ends the loop by itself', () => {
  const reason = (stop: object) => stopReason(loopSpec({ stop: { when: 'all', ...stop } }).stop, now);
  expect(reason({ metric: 0.9, plateau: {} })).toBeNull();
  expect(reason({ metric: 0.8, plateau: {} })).toBe(
    `macro recall is at least 0.800 with 95 % confidence (target 0.8); ${plateau}`,
  );
  expect(reason({ metric: 0.9, labels: 100 })).toBe('the budget of 100 labels is spent (100)');
});

test('what is not known yet ends nothing', () => {
  const { stop } = loopSpec({ stop: { plateau: {}, agreement: {}, entropy: 1 } });
  const early = { ...now, gain: undefined, entropy: undefined, kappas: [1, 1] };
  expect(stopReason(stop, early)).toBeNull();
  expect(stopDecision(stop, early)).toBe(
    'goes on: [ ] there is no model of 3 cycles before to compare with; [ ] 2 of 3 agreements with the model before are known; ' +
      '[ ] the mean entropy of the stop set is not known (target 1 or less); [ ] it is cycle 1 of 10',
  );
});

test('a decision tells every rule with its numbers', () => {
  const { stop } = loopSpec({ stop: { metric: 0.95, labels: 100, hours: 48, date: '2026-12-24' } });
  expect(stopDecision(stop, now)).toBe(
    'ends: [ ] macro recall is at least 0.800 with 95 % confidence (target 0.95); [x] the budget of 100 labels is spent (100); ' +
      '[ ] the loop has run for 30 of 48 hours; [ ] it is not yet 2026-12-24; [ ] it is cycle 1 of 10',
  );
});

test('the time is over after the hours or on the date, whichever is sooner', () => {
  const start = Date.parse('2026-11-25T00:00:00Z');
  const limit = (stop: object) => timeLimitMs(loopSpec({ stop }).stop, start) - start;
  expect(limit({})).toBe(Infinity);
  expect(limit({ hours: 1.5 })).toBe(5_400_000);
  expect(limit({ hours: 48, date: '2026-11-26' })).toBe(86_400_000);
});

test('a batch holds what the budget can pay', () => {
  const spec = (labels?: number) =>
    loopSpec({ selection: { maxImages: 50 }, stop: labels === undefined ? {} : { labels } });
  expect(affordableImages(spec(), 10_000)).toBe(50);
  expect(affordableImages(spec(120), 100)).toBe(20);
  expect(affordableImages(spec(1000), 100)).toBe(50);
  expect(affordableImages(spec(90), 100)).toBe(0);
});
