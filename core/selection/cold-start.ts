/** Labels under which a model's scores say little. */
const leastLabels = 10;
const labelsPerClass = 2;

/**
 * Whether it is too early to trust scores: fewer than max(10, 2·classes) labels. That a class has none yet is no reason: rare classes are found
 * sooner by what a model is unsure of than by what is typical (docs/simulation.md).
 *
 * @param labels - Labels there are.
 * @param classes - How many classes there are; 0 when unknown.
 */
export function isColdStart(labels: number, classes: number): boolean {
  return labels < Math.max(leastLabels, labelsPerClass * classes);
}
