import { DomainError } from '../errors.ts';

/**
 * A model's own guess of its loss as an order, `1 − e^(−loss)`. Of a cross-entropy in nats it is what the model expects to leave to wrong classes.
 *
 * @param losses - `[items]`; each finite and 0 or more, without upper bound.
 * @returns `[items]`, same order, in 0..1; higher asks a person first. Losses beyond 36 all give 1.
 * @throws {@link DomainError} on any other loss, naming its index. Never retried.
 * @see Yoo and Kweon 2019, "Learning Loss for Active Learning", for a head that is trained to put losses in order.
 */
export function predictedLossScores(losses: ArrayLike<number>): number[] {
  return Array.from(losses, (loss, index) => {
    const fault = lossFault(loss);
    if (fault !== null) throw new DomainError(`Row ${index} ${fault}.`);
    return predictedLoss(loss);
  });
}

/** See {@link predictedLossScores}. */
export function predictedLoss(loss: number): number {
  return -Math.expm1(-loss);
}

/** What is wrong with a predicted loss, as the end of a sentence that begins with its row. */
export function lossFault(loss: number): string | null {
  return loss >= 0 && loss < Infinity
    ? null
    : `holds the predicted loss ${loss}; a loss is finite and 0 or more`;
}
