import { DomainError } from '../../core/errors.ts';
import type { InferencePool } from './inference-pool.ts';

/**
 * Repeats the card's self-test: the trainer's own answer for one image. It finds what no exception shows: another resize, swapped
 * colours, a normalisation done twice.
 *
 * @param image - The encoded image that the card's `selftest` names.
 * @throws {@link DomainError} with the numbers when any class is off by more than the card's tolerance.
 */
export async function selfTest(pool: InferencePool, image: Uint8Array, signal?: AbortSignal): Promise<void> {
  const { selftest, classes } = pool.card;
  if (!selftest) throw new DomainError("The model's card has no self-test; it cannot be checked.");
  const [answer] = await pool.classify([{ id: selftest.id ?? 'self-test', bytes: image }], { signal });
  if (!answer || 'unreadable' in answer)
    throw new DomainError(`The self-test's image cannot be decoded: ${answer?.unreadable ?? 'no answer'}`);
  if (selftest.probs.length !== classes.length)
    throw new DomainError(
      `The card's self-test has ${selftest.probs.length} probabilities for ${classes.length} classes.`,
    );
  for (const [index, name] of classes.entries()) {
    const expected = selftest.probs[index] ?? NaN;
    const actual = answer.probabilities[index] ?? NaN;
    if (!(Math.abs(expected - actual) <= selftest.tolerance))
      throw new DomainError(
        `The model does not repeat its self-test: for class ${name} the trainer found ${expected.toFixed(6)}, ` +
          `this runner ${actual.toFixed(6)} (tolerance ${selftest.tolerance}).`,
      );
  }
}
