import { z } from 'zod';
import { commonParams } from '../process/common-params.ts';

/** From this many pixels of the shorter side on, images are large enough to be varied. */
const leastAugmentedPx = 64;

export const detectorParams = z.strictObject({
  ...commonParams,
  /** Channels of the first convolution. */
  width: z.int().min(4).max(128).default(16),
  steps: commonParams.steps.default(500),
  batch: commonParams.batch.default(8),
  lr: commonParams.lr.default(0.008),
  patience: commonParams.patience.unwrap().default(20),
  /** Mirrored, resized and moved images; absent: from 64 px of the shorter side on, as tiny images lose more by it than they gain. */
  augment: z.boolean().optional(),
});

export type DetectorParams = z.infer<typeof detectorParams>;

/** Whether a job's images are varied. */
export function isAugmented(
  { augment }: DetectorParams,
  { width, height }: { width: number; height: number },
): boolean {
  return augment ?? Math.min(width, height) >= leastAugmentedPx;
}
