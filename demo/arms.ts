import type { LoopSpec } from '../core/loop-spec.ts';
import { loopSpecSchema } from '../core/loop-spec.ts';

/** Where the demo's images lie, as the Data Engine sees them. */
export const digitsRoot = 's3://digits/images';
export const demoRepo = 'local/labelloop';

export const digitsScheme = {
  task: 'classification',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
} as const;

/** Handwritten digits keep most images for the pool and enough for an honest hold-out. */
export const digitsSplits = { train: 0.6, valid: 0.1, test: 0.3 };

export type DigitsArm = 'margin' | 'random';
const selectionOf = {
  margin: { score: 'margin', strategy: 'top-k' },
  random: { strategy: 'random' },
} as const;

/** One loop of the demo: 20 first labels, then `cycles` batches of 20, chosen by margin or at random. */
export function digitsLoop(arm: DigitsArm, options: { seed: number; cycles: number }): LoopSpec {
  return loopSpecSchema.parse({
    loop: `digits-${arm}`,
    repo: demoRepo,
    datasource: { path: digitsRoot },
    ...digitsScheme,
    seed: options.seed,
    splits: digitsSplits,
    holdOut: { images: 300 },
    validation: { images: 60 },
    training: { input: { width: 8, height: 8, channels: 1 }, maxSeconds: 300 },
    inference: { shardImages: 250 },
    selection: { ...selectionOf[arm], maxImages: 20, randomShare: 0, firstImages: 20 },
    review: { pollSeconds: 20, minReadSeconds: 1 },
    stop: { cycles: options.cycles },
  });
}
