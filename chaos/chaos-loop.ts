import { digitsRoot, digitsScheme, digitsSplits, demoRepo } from '../demo/arms.ts';
import { loopSpecSchema, type LoopSpec } from '../core/loop-spec.ts';

/** The small loop that everything happens to. */
export function chaosLoop({ seed, cycles }: { seed: number; cycles: number }): LoopSpec {
  return loopSpecSchema.parse({
    loop: 'chaos',
    repo: demoRepo,
    datasource: { path: digitsRoot },
    ...digitsScheme,
    seed,
    splits: digitsSplits,
    holdOut: { images: 40 },
    validation: { images: 20 },
    training: { input: { width: 8, height: 8, channels: 1 }, maxSeconds: 300 },
    inference: { shardImages: 150 },
    selection: { score: 'margin', maxImages: 20, randomShare: 0.1, firstImages: 20 },
    review: { pollSeconds: 5, minReadSeconds: 1 },
    stop: { cycles },
  });
}

/** What it asks people in all. */
export function askedImages(cycles: number): number {
  return 40 + 20 + 20 + 20 * cycles;
}
