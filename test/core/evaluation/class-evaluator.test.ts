import { ClassEvaluator } from '../../../core/evaluation/class-evaluator.ts';

/** Answers to images of class a; the surer of b, the larger the loss. */
function evaluation(predictedLosses: readonly (number | undefined)[]) {
  const evaluator = new ClassEvaluator(['a', 'b']);
  predictedLosses.forEach((predictedLoss, index) => {
    const chance = [0.9, 0.6, 0.5, 0.1][index] ?? NaN;
    const answer = {
      id: `${index}`,
      probabilities: [chance, 1 - chance],
      ...(predictedLoss !== undefined && { predictedLoss }),
    };
    evaluator.add({ path: `${index}.png`, truth: { label: 'a' }, answer }, ['a', 'b']);
  });
  return evaluator.evaluation();
}

test('a model that predicts its losses is told how well, beside entropy', () => {
  const { logged, report } = evaluation([0, 1, 2, 3]);
  // Entropy has the ranks 1.5, 3, 4, 1.5 where the losses have 1 to 4: 0.5 / √(4.5 · 5).
  expect(logged['holdout_predicted_loss_rank_correlation']).toBeCloseTo(1, 12);
  expect(logged['holdout_entropy_rank_correlation']).toBeCloseTo(0.10540925533894598, 12);
  expect(report([{ low: 0, high: 1 }])).toMatchObject({ predictedLoss: { images: 4, warning: null } });
});

test.each([
  ['none', [undefined, undefined, undefined, undefined]],
  ['not of every image', [0, 1, 2, undefined]],
  ['all the same', [1, 1, 1, 1]],
])('losses that are predicted %s have no order to tell of', (_, losses) => {
  expect(Object.keys(evaluation(losses).logged)).toEqual([
    'holdout_macro_recall',
    'holdout_accuracy',
    'holdout_macro_f1',
  ]);
});
