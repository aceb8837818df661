import { fitSoftmax } from '../../../core/learning/softmax-regression.ts';
import { unseenProbabilities } from '../../../core/learning/unseen-probabilities.ts';

/** On a line, with a variance of 1 over the five examples; row 5 has no label. */
const features = { values: Float64Array.from([-2, -1, 0, 1, 2, 0.5].map((x) => x / Math.SQRT2)), columns: 1 };
const examples = [0, 0, 1, 1, 1].map((label, row) => ({ id: `${row}.png`, row, label }));
const judged = { features, examples, others: [5], classes: 2, seed: '1/2' };

test('of five examples each is judged by what the other four teach, and a row without a label by the mean of the five', () => {
  const models = examples.map((left) => {
    const others = examples.filter((one) => one !== left);
    const rows = others.map(({ row }) => row);
    return fitSoftmax({
      features,
      rows,
      labels: others.map(({ label }) => label),
      classes: 2,
      strength: 0.1,
    });
  });
  const { examples: own, others } = unseenProbabilities(judged);
  const said = models.map((model, row) => model.probabilities(features, [row]).values[0]!);
  own.forEach(([first], row) => expect(first).toBeCloseTo(said[row]!, 9));
  const mean = models.reduce((sum, model) => sum + model.probabilities(features, [5]).values[0]! / 5, 0);
  expect(others[0]![0]).toBeCloseTo(mean, 9);
});

test('a wrong label among right ones is judged to be the class that it looks like', () => {
  const labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
  const values = Float64Array.from(labels, (label, row) => (label === 0 ? -1 : 1) + (row % 5) / 10);
  const wrong = labels.map((label, row) => ({ id: `${row}.png`, row, label: row === 2 ? 1 : label }));
  const { examples: own } = unseenProbabilities({
    ...judged,
    features: { values, columns: 1 },
    examples: wrong,
    others: [],
  });
  expect(own[2]![0]).toBeGreaterThan(0.6);
  own.forEach((row) => expect(row[0]! + row[1]!).toBeCloseTo(1, 9));
});

test('the order of the examples moves nothing but their places', () => {
  const forwards = unseenProbabilities(judged);
  const backwards = unseenProbabilities({ ...judged, examples: [...examples].reverse() });
  expect(backwards.others).toEqual(forwards.others);
  expect(backwards.examples).toEqual([...forwards.examples].reverse());
});

test('one example teaches nothing about itself', () => {
  expect(() => unseenProbabilities({ ...judged, examples: examples.slice(0, 1) })).toThrow('no example');
});
