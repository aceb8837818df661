import type { Evaluation } from '../core/evaluation/evaluation.ts';
import { resamples } from '../core/metrics/resamples.ts';
import { breather } from './breather.ts';

/**
 * The statistics of evaluations of the same images over the same bootstrap resamples, pausing so that the main thread stays alive.
 *
 * @returns `[evaluations][statistics][resamples]`.
 */
export async function resampleEvaluations(
  evaluations: readonly Evaluation[],
  seed: number,
): Promise<number[][][]> {
  const breathe = breather();
  const columns: number[][][] = evaluations.map(() => []);
  for (const indices of resamples(evaluations[0]?.images ?? 0, seed)) {
    evaluations.forEach((evaluation, which) =>
      evaluation.statistics(indices).forEach((value, statistic) => {
        const ofModel = columns[which] ?? [];
        (ofModel[statistic] ??= []).push(value);
      }),
    );
    await breathe();
  }
  return columns;
}
