import { fitSoftmax } from '../../../core/learning/softmax-regression.ts';

const features = {
  values: Float64Array.from([0, 1, 1, 0.5, 2, 2, 3, 1, 0.5, 3, 1.5, 2.5, 2.5, 0]),
  columns: 2,
};
const labels = [0, 0, 2, 2, 1, 1, 2];
const rows = [0, 1, 2, 3, 4, 5, 6];

function answers(model: ReturnType<typeof fitSoftmax>, of: readonly number[]): number[] {
  return [
    ...model.probabilities({ values: Float64Array.from(of), columns: 2 }, of.length === 2 ? [0] : [0, 1])
      .values,
  ];
}

test.each([
  [1, [0.521348, 0.181414, 0.297237, 0.051794, 0.604324, 0.343882]],
  [10, [0.799154, 0.064681, 0.136165, 0.004542, 0.750627, 0.244832]],
])('at strength %d it answers as scikit-learn 1.9.1 does', (strength, expected) => {
  const model = fitSoftmax({ features, rows, labels, classes: 3, strength });
  answers(model, [1, 1, 2, 3]).forEach((p, index) => expect(p).toBeCloseTo(expected[index]!, 4));
});

test('a class without an example has no chance, and the others have what they have without it', () => {
  const model = fitSoftmax({
    features,
    rows,
    labels: labels.map((label) => (label === 2 ? 3 : label)),
    classes: 4,
  });
  const [first, second, absent, last] = answers(model, [1, 1]);
  expect(absent).toBe(0);
  [first, second, last].forEach((p, index) =>
    expect(p).toBeCloseTo([0.521348, 0.181414, 0.297237][index]!, 4),
  );
});

test('one known class is certain', () => {
  expect(answers(fitSoftmax({ features, rows: [0], labels: [1], classes: 3 }), [1, 1])).toEqual([0, 1, 0]);
});

test('refuses no example, and a label that is no class', () => {
  expect(() => fitSoftmax({ features, rows: [], labels: [], classes: 3 })).toThrow('no example');
  expect(() => fitSoftmax({ features, rows: [0], labels: [3], classes: 3 })).toThrow(
    'Example 0 has the class 3 of 3.',
  );
});
