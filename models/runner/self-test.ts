import type { Detection } from '../../core/detection.ts';
import { DomainError } from '../../core/errors.ts';
import type { Unreadable } from '../../core/ports.ts';
import type { ModelCard } from '../card.ts';
import { detectionLimits } from './detection-limits.ts';
import type { InferencePool } from './inference-pool.ts';

type SelfTest = NonNullable<ModelCard['selftest']>;
type ClassSelfTest = Extract<SelfTest, { probs: unknown }>;
type ObjectSelfTest = Extract<SelfTest, { detections: unknown }>;
type Box = readonly [number, number, number, number];

/** Boxes of a repeated self-test overlap by this at least (intersection over union). */
const sameBoxIou = 0.99;

/**
 * Repeats the card's self-test: the trainer's own answer for one image. It finds what no exception shows: another resize, swapped
 * colours, a normalisation done twice.
 *
 * @param image - The encoded image that the card's `selftest` names.
 * @throws {@link DomainError} with the numbers when any class or score is off by more than the card's tolerance, or a box is elsewhere.
 */
export async function selfTest(pool: InferencePool, image: Uint8Array, signal?: AbortSignal): Promise<void> {
  const { selftest } = pool.card;
  if (!selftest) throw new DomainError("The model's card has no self-test; it cannot be checked.");
  const items = [{ id: selftest.id ?? 'self-test', bytes: image }];
  if ('probs' in selftest) {
    const [answer] = await pool.classify(items, { signal });
    compareClasses(selftest, pool.card, decoded(answer).probabilities);
  } else {
    const [answer] = await pool.detect(items, { signal });
    compareObjects(selftest, pool.card, decoded(answer).detections);
  }
}

function decoded<Answer extends object>(answer: Answer | Unreadable | undefined): Answer {
  if (answer && !('unreadable' in answer)) return answer;
  throw new DomainError(`The self-test's image cannot be decoded: ${answer?.unreadable ?? 'no answer'}`);
}

function compareClasses(selftest: ClassSelfTest, { classes }: ModelCard, found: readonly number[]): void {
  if (selftest.probs.length !== classes.length)
    throw new DomainError(
      `The card's self-test has ${selftest.probs.length} probabilities for ${classes.length} classes.`,
    );
  for (const [index, name] of classes.entries()) {
    const expected = selftest.probs[index] ?? NaN;
    const actual = found[index] ?? NaN;
    if (!(Math.abs(expected - actual) <= selftest.tolerance))
      throw failure(
        `for class ${name} the trainer found ${expected.toFixed(6)}, this runner ${actual.toFixed(6)} (tolerance ${selftest.tolerance})`,
      );
  }
}

/** Each object of the trainer has one here; each one here that is surer than the trainer's last has one there. */
function compareObjects(
  { detections: expected, tolerance }: ObjectSelfTest,
  { classes, output }: ModelCard,
  found: readonly Detection[],
): void {
  const left = [...found];
  for (const { class: kind, score, box } of expected) {
    const label = classes[kind];
    const place = left.findIndex(
      (one) =>
        one.label === label &&
        Math.abs(one.score - score) <= tolerance &&
        boxIou(one.boxPx, box) >= sameBoxIou,
    );
    if (place < 0)
      throw failure(
        `the trainer found ${label ?? `class ${kind}`} with score ${score.toFixed(6)} at ${at(box)}, this runner did not; ` +
          `it found ${told(found)} (tolerance ${tolerance}, IoU ${sameBoxIou})`,
      );
    left.splice(place, 1);
  }
  const last =
    expected.length > 0
      ? Math.min(...expected.map(({ score }) => score))
      : detectionLimits(output).scoreThreshold;
  const extra = left.find(({ score }) => score > last + tolerance);
  if (extra)
    throw failure(
      `this runner found ${extra.label} with score ${extra.score.toFixed(6)} at ${at(extra.boxPx)}, the trainer did not`,
    );
}

function failure(what: string): DomainError {
  return new DomainError(`The model does not repeat its self-test: ${what}.`);
}

function told(found: readonly Detection[]): string {
  const [first] = found;
  if (!first) return 'nothing';
  return `${found.length} objects, the surest ${first.label} with ${first.score.toFixed(6)} at ${at(first.boxPx)}`;
}

function at(box: Box): string {
  return `[${box.map((number) => number.toFixed(1)).join(', ')}]`;
}

function boxIou([x1, y1, w1, h1]: Box, [x2, y2, w2, h2]: Box): number {
  const width = Math.min(x1 + w1, x2 + w2) - Math.max(x1, x2);
  const height = Math.min(y1 + h1, y2 + h2) - Math.max(y1, y2);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (w1 * h1 + w2 * h2 - width * height);
}
