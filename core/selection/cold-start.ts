/** Labels under which a model's scores say little. */
const leastLabels = 10;
const labelsPerClass = 2;
/** A class that nobody finds within this many times as many labels may not be in the data. */
const patience = 5;

/**
 * Whether it is too early to trust scores: fewer than max(10, 2·classes) labels; or, up to five times as many, a class without one.
 *
 * @param labels - Labels there are.
 * @param classes - How many classes there are; 0 when unknown.
 * @param byClass - `[classes]`: labels of each, where known.
 */
export function isColdStart(labels: number, classes: number, byClass: readonly number[] = []): boolean {
  return labels < enough(classes) || (mayBeColdStart(labels, classes) && byClass.includes(0));
}

/** Whether {@link isColdStart} may hold, by the labels of each class. */
export function mayBeColdStart(labels: number, classes: number): boolean {
  return labels < patience * enough(classes);
}

function enough(classes: number): number {
  return Math.max(leastLabels, labelsPerClass * classes);
}
