import { once } from 'node:events';
import type { LearnedLosses } from '../core/learning/loss-predictor.ts';
import type { SoftmaxExamples } from '../core/learning/softmax-regression.ts';
import type { LossLearner } from '../core/ports.ts';
import { startThread } from '../models/node-entry.ts';

/** Learns in a worker thread that ends afterwards: of two thousand labels it takes seconds. */
export class ThreadLossLearner implements LossLearner {
  async learn(examples: SoftmaxExamples, seed: number, signal?: AbortSignal): Promise<LearnedLosses> {
    signal?.throwIfAborted();
    const thread = startThread(import.meta.url, 'loss-thread', { examples, seed });
    try {
      const [learned] = (await once(thread, 'message', { ...(signal && { signal }) })) as [LearnedLosses];
      return learned;
    } finally {
      await thread.terminate();
    }
  }
}
