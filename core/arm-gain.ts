import { wilsonInterval } from './metrics/wilson-interval.ts';
import type { Interval } from './metrics/resamples.ts';

/** An answered image of a batch, and how wrong the prediction was that stood before the answer. */
export interface ArmAnswer {
  readonly cycle: number;
  /** Drawn at random from the pool; else the strategy chose it. */
  readonly isRandom: boolean;
  /** 0 (right) to 1, as {@link predictionLoss} gives it. */
  readonly loss: number;
}

/** How much more the images that the strategy chose told than images at random. */
export interface ArmGain {
  /** Mean loss of the model on the images that the strategy chose, 0..1, each cycle weighted as in `random`. */
  readonly chosen: number;
  /** On those drawn at random from the pool, 0..1. */
  readonly random: number;
  /** 95 % interval of `chosen − random`. */
  readonly low: number;
  readonly high: number;
}

/**
 * What the live random arm says of the strategy: the share of its images that the model got wrong, less the share among random ones. A label of an
 * image that the model had right teaches little, so this is what a label tells beyond a random one. It is not the gain in the metric: that would
 * take a second model, trained on random images alone.
 *
 * Arms are compared within each cycle, as models and pools change, and the cycles are weighted by `n m / (n + m)` of their two sample sizes (Mantel and
 * Haenszel's weights). The interval is Newcombe's, of Wilson's for each arm at its effective number of images, so it holds for few and for none
 * wrong. For losses between 0 and 1 it is too wide rather than too narrow, as no variance of such is above `p (1 − p)`.
 *
 * @returns Null while no cycle has answers in both arms.
 * @see Newcombe 1998, "Interval Estimation for the Difference Between Independent Proportions", method 10; Mantel and Haenszel 1959; Kish 1965
 * for the effective number.
 */
export function armGain(answers: readonly ArmAnswer[]): ArmGain | null {
  const cycles = new Map<number, { chosen: number[]; random: number[] }>();
  for (const { cycle, isRandom, loss } of answers) {
    const arms = cycles.get(cycle) ?? { chosen: [], random: [] };
    arms[isRandom ? 'random' : 'chosen'].push(loss);
    cycles.set(cycle, arms);
  }
  const both = [...cycles.values()].filter(({ chosen, random }) => chosen.length > 0 && random.length > 0);
  if (both.length === 0) return null;
  const weights = both.map(
    ({ chosen, random }) => (chosen.length * random.length) / (chosen.length + random.length),
  );
  const chosen = weightedArm(
    both.map((arms) => arms.chosen),
    weights,
  );
  const random = weightedArm(
    both.map((arms) => arms.random),
    weights,
  );
  const gain = chosen.mean - random.mean;
  return {
    chosen: chosen.mean,
    random: random.mean,
    low: gain - Math.hypot(chosen.mean - chosen.low, random.high - random.mean),
    high: gain + Math.hypot(chosen.high - chosen.mean, random.mean - random.low),
  };
}

/** The model's mean loss on the pool by the random arm alone, an even sample of it, with its 95 % interval; null without any. */
export function poolLoss(
  answers: readonly ArmAnswer[],
): ({ mean: number; images: number } & Interval) | null {
  const losses = answers.filter(({ isRandom }) => isRandom).map(({ loss }) => loss);
  if (losses.length === 0) return null;
  return { ...weightedArm([losses], [1]), images: losses.length };
}

/** `The model was wrong about 42.0 % of the images chosen, and 10.0 % of random ones: +32.0 points (95 %: +5.1 to +49.8)` */
export function armText({ chosen, random, low, high }: ArmGain): string {
  const gain = `${points(chosen - random)} points (95 %: ${points(low)} to ${points(high)})`;
  return `The model was wrong about ${percent(chosen)} of the images chosen, and ${percent(random)} of random ones: ${gain}`;
}

function weightedArm(
  groups: readonly (readonly number[])[],
  weights: readonly number[],
): { mean: number } & Interval {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mean = 0;
  let inverse = 0;
  groups.forEach((losses, index) => {
    const weight = (weights[index] ?? 0) / total;
    mean += (weight * losses.reduce((sum, loss) => sum + loss, 0)) / losses.length;
    inverse += weight ** 2 / losses.length;
  });
  const images = 1 / inverse;
  // Sums of weights leave 1 by a rounding.
  const share = Math.min(mean, 1);
  return { mean: share, ...wilsonInterval(share * images, images) };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;
}
