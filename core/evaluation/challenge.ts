import { percentile } from '../metrics/resamples.ts';
import { signed } from '../signed.ts';

/** Whether a new model takes the champion's place, and why. */
export interface Challenge {
  readonly becomesChampion: boolean;
  /** A sentence with the numbers, without a full stop. */
  readonly reason: string;
  /** The metric of the new model minus the champion's. */
  readonly difference: number;
  /** What the difference is not above with 95 % confidence; NaN when no resample has a metric. */
  readonly atMost: number;
}

/**
 * A new model becomes champion unless it is significantly worse on the same images: unless 95 of 100 bootstrap resamples of the hold-out
 * show it below the champion (one-sided, paired: both models are measured on each resample).
 *
 * Equal models change places, as the newer one has learnt from more labels; so a champion stays only where there is evidence for it.
 *
 * @param input.difference - On the whole hold-out, the metric of the new model minus the champion's.
 * @param input.resampled - The same of each resample; NaN ones are left out.
 * @param input.champion - Names the champion: `cycle 3's model`.
 */
export function judgeChallenge(input: {
  metric: string;
  difference: number;
  resampled: readonly number[];
  champion: string;
}): Challenge {
  const atMost = percentile(input.resampled, 0.95);
  const becomesChampion = !(atMost < 0);
  const verdict = becomesChampion ? 'not significantly worse' : 'significantly worse';
  const gap = `${input.metric} ${signed(input.difference)}`;
  const limit = Number.isNaN(atMost) ? '' : `, at most ${signed(atMost)} with 95 % confidence`;
  return {
    becomesChampion,
    reason: `${verdict} than ${input.champion}: ${gap}${limit}`,
    difference: input.difference,
    atMost,
  };
}
