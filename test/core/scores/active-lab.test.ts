import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activeLab } from '../../../core/scores/active-lab.ts';

/** Written by make_active_lab.py, which names the version. */
const { cases } = JSON.parse(readFileSync(join(__dirname, 'fixtures/active-lab.json'), 'utf8')) as {
  cases: Record<
    string,
    { labels: (number | null)[][]; probabilities: number[][]; scores: number[]; asPublished?: number[] }
  >;
};

function answersOf(labels: readonly (readonly (number | null)[])[]) {
  return labels.map((row) =>
    row.flatMap((label, annotator) => (label === null ? [] : [{ annotator, label }])),
  );
}

test.each(Object.entries(cases))(
  'agrees with cleanlab from labels to scores: %s',
  (_, { labels, probabilities, scores }) => {
    const ours = activeLab(answersOf(labels), probabilities, labels[0]!.length);
    expect(ours).toHaveLength(scores.length);
    ours.forEach((value, item) => expect(Math.abs(1 - value - scores[item]!)).toBeLessThan(1e-9));
  },
);

test('cleanlab fits its temperature to other labels than were given, so its own scores are off', () => {
  const { labels, probabilities, asPublished } = cases['few overlaps']!;
  const ours = activeLab(answersOf(labels), probabilities, labels[0]!.length);
  expect(Math.max(...asPublished!.map((value, item) => Math.abs(1 - value - ours[item]!)))).toBeGreaterThan(
    0.03,
  );
});

test('asks again where two people disagree, before a third time where they agree', () => {
  const probabilities = [
    ...Array.from({ length: 6 }, (_, item) => (item % 2 ? [0.2, 0.8] : [0.8, 0.2])),
    [0.6, 0.4],
  ];
  const agreed = [0, 1, 0, 1, 0, 1].map((label) => [0, 1].map((annotator) => ({ annotator, label })));
  const split = [0, 1].map((annotator) => ({ annotator, label: annotator }));
  const scores = activeLab([...agreed, split], probabilities, 2);
  expect(scores.indexOf(Math.max(...scores))).toBe(6);
});

test('without any answer it is the model alone', () => {
  // 1 − (0.7 + 1/2)/2
  expect(activeLab([[]], [[0.7, 0.3]], 0)).toEqual([expect.closeTo(0.4, 12)]);
});
