import type { ArmGain, poolLoss } from '../arm-gain.ts';
import type { Gain } from '../stop-checks.ts';

/** What a loop is judged by beside its metric, where it is known. */
export interface Signs {
  /** Agreement with the model of the cycle before, on the stop set. */
  readonly kappa?: number | undefined;
  /** Mean over the stop set, 0..1. */
  readonly entropy?: number | undefined;
  /** Over the model of `stop.plateau.cycles` before. */
  readonly gain?: Gain | undefined;
  /** What the strategy found beyond the live random arm. */
  readonly arm?: ArmGain | undefined;
}

/** By MLflow's names. @param pool - The mean loss on the pool, by the live random arm. */
export function signMetrics(
  { kappa, entropy, gain, arm }: Signs,
  pool: ReturnType<typeof poolLoss>,
): Record<string, number> {
  return {
    ...(kappa !== undefined && { stop_set_kappa: kappa }),
    ...(entropy !== undefined && { stop_set_entropy: entropy }),
    ...(gain && { holdout_plateau_gain: gain.value, holdout_plateau_at_most: gain.atMost }),
    ...(arm && {
      arm_chosen_loss: arm.chosen,
      arm_random_loss: arm.random,
      arm_gain: arm.chosen - arm.random,
      arm_gain_low: arm.low,
      arm_gain_high: arm.high,
    }),
    ...(pool && {
      pool_loss: pool.mean,
      pool_loss_low: pool.low,
      pool_loss_high: pool.high,
      pool_images: pool.images,
    }),
  };
}
