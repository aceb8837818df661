import { digitsRoot, digitsScheme, digitsSplits, demoRepo } from '../demo/arms.ts';
import { loopSpecSchema, type LoopSpec } from '../core/loop-spec.ts';

/** Images that people are asked for: before anything is learnt, and in each cycle. Fewer first, so that most moments meet a loop that learns. */
const asked = { holdOut: 24, validation: 12, first: 12, batch: 24 } as const;

/** The small loop that everything happens to. */
export function chaosLoop({ seed, cycles }: { seed: number; cycles: number }): LoopSpec {
  return loopSpecSchema.parse({
    loop: 'chaos',
    repo: demoRepo,
    datasource: { path: digitsRoot },
    ...digitsScheme,
    seed,
    splits: digitsSplits,
    holdOut: { images: asked.holdOut },
    validation: { images: asked.validation },
    training: { input: { width: 8, height: 8, channels: 1 }, maxSeconds: 300 },
    inference: { shardImages: 150 },
    selection: { score: 'margin', maxImages: asked.batch, randomShare: 0.1, firstImages: asked.first },
    review: { pollSeconds: 5, minReadSeconds: 1 },
    stop: { cycles },
  });
}

/** What it asks people in all. */
export function askedImages(cycles: number): number {
  return asked.holdOut + asked.validation + asked.first + asked.batch * cycles;
}
