import { trainLossPredictor } from '../../core/learning/train-loss-predictor.ts';
import type { LossLearner } from '../../core/ports.ts';

/** Learns as the worker's thread does, on this one. */
export class InlineLossLearner implements LossLearner {
  /** Times it learned. */
  learned = 0;

  async learn(...[examples, seed]: Parameters<LossLearner['learn']>) {
    this.learned += 1;
    return trainLossPredictor(examples, seed);
  }
}
