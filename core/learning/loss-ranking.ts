import { rankCorrelation } from '../metrics/rank-correlation.ts';

/** How well predicted losses put images in the order of what the model really loses. */
export interface LossRanking {
  readonly images: number;
  /** Spearman's correlation of the predicted losses with the true ones, −1 to 1; NaN where there is no order. */
  readonly predictedLoss: number;
  /** The same of the model's entropy, which costs nothing. */
  readonly entropy: number;
  /** A sentence when predicted losses are no better than entropy; null when they are. */
  readonly warning: string | null;
}

/**
 * Holds predicted losses against entropy on labelled images that neither the model nor the predictor learned from.
 *
 * @param images - `[images]` each: what was predicted, by the built-in predictor or by the model's own `predicted_loss`; the entropy of the
 *   model's probabilities; the cross-entropy in nats to the true class.
 */
export function lossRanking(images: {
  readonly predicted: ArrayLike<number>;
  readonly entropies: ArrayLike<number>;
  readonly losses: ArrayLike<number>;
}): LossRanking {
  const count = images.losses.length;
  const predictedLoss = rankCorrelation(images.predicted, images.losses);
  const entropy = rankCorrelation(images.entropies, images.losses);
  const warning =
    predictedLoss > entropy
      ? null
      : `The predicted loss orders ${count} hold-out images no better than entropy does: rank correlation ${predictedLoss.toFixed(3)} against ${entropy.toFixed(3)}. Select by entropy or margin instead.`;
  return { images: count, predictedLoss, entropy, warning };
}
