import {
  areaGain,
  gainCurve,
  labelsToReach,
  meanCurve,
  valueAt,
  type SeededCurve,
} from '../../../core/simulation/learning-curves.ts';

function curve(arm: string, seed: number, accuracies: readonly number[]): SeededCurve {
  return {
    arm,
    seed,
    points: accuracies.map((accuracy, index) => ({
      labels: 10 * (index + 1),
      accuracy,
      macroRecall: 0,
      distinct: 1,
    })),
  };
}

const curves = [
  curve('margin', 1, [0.5, 0.7, 0.9]),
  curve('margin', 2, [0.3, 0.6, 0.8]),
  curve('random', 1, [0.5, 0.6, 0.7]),
  curve('random', 2, [0.3, 0.5]),
];

test('a mean curve ends where the first seed ends', () => {
  expect(meanCurve(curves, 'margin', 'accuracy').map(({ labels, value }) => [labels, value])).toEqual([
    [10, 0.4],
    [20, 0.6499999999999999],
    [30, 0.8500000000000001],
  ]);
  expect(meanCurve(curves, 'random', 'accuracy').map(({ labels }) => labels)).toEqual([10, 20]);
});

test('the interval of a share stays in 0..1, however far the seeds are apart', () => {
  const [first] = meanCurve(curves, 'margin', 'accuracy');
  // 0.4 ± 12.7 · 0.1
  expect(first).toEqual({ labels: 10, value: 0.4, low: 0, high: 1 });
});

test('what the seeds have in common falls out of a gain', () => {
  const [first, second] = gainCurve(curves, 'margin', 'random', 'accuracy');
  expect(first).toEqual({ labels: 10, value: 0, low: 0, high: 0 });
  // 0.1 with either seed: no spread, though the curves are 0.1 apart.
  expect(second?.value).toBeCloseTo(0.1, 12);
  expect(second!.high - second!.low).toBeCloseTo(0, 12);
  expect(areaGain(curves, 'margin', 'random', 'accuracy').value).toBeCloseTo(0.05, 12);
});

test('labels to a value are counted between the points', () => {
  const mean = meanCurve(curves, 'margin', 'accuracy');
  expect(labelsToReach(mean, 0.75)).toBeCloseTo(25, 10);
  expect(labelsToReach(mean, 0.4)).toBe(10);
  expect(labelsToReach(mean, 0.86)).toBeNull();
});

test('between two points it is on a straight line, and outside it is unknown', () => {
  const at = (labels: number) => valueAt(curves[0]!.points, 'accuracy', labels);
  expect(at(10)).toBe(0.5);
  expect(at(25)).toBeCloseTo(0.8, 12);
  expect([at(9), at(31)]).toEqual([NaN, NaN]);
});
