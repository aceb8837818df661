import type { Detection } from '../detection.ts';

/** As PPAL has it. */
const countedScore = 0.05;

/**
 * The boxes that say something of how much a person's answer would tell. Models tell boxes far less sure, for the end of the precision–recall
 * curve; hundreds of them would decide every sum and mean, and no image would be without objects.
 *
 * @see Yang et al. 2024, "Plug and Play Active Learning for Object Detection", which scores boxes of at least 0.05.
 */
export function countedBoxes<Box extends Pick<Detection, 'score'>>(boxes: readonly Box[]): Box[] {
  return boxes.filter(isCounted);
}

/** See {@link countedBoxes}. */
export function isCounted({ score }: Pick<Detection, 'score'>): boolean {
  return score >= countedScore;
}
