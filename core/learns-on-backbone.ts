import type { LoopSpec } from './loop-spec.ts';

/** Images with a shorter side below this are tiny: a small CNN sees all of them, and a photo network little in them. */
const tinyPx = 64;
/** Labels a class from which on a CNN learns tiny images better than a head on what another task has taught. */
const fewLabels = 40;

/**
 * Whether the built-in trainer learns a head on the backbone rather than a CNN from scratch: always, except of tiny images with 40 training
 * labels a class or more. `maxLabels` overrules that.
 */
export function learnsOnBackbone(
  { backbone, input }: Pick<LoopSpec['training'], 'backbone' | 'input'>,
  { trainLabels, classes }: { trainLabels: number; classes: number },
): boolean {
  if (!backbone) return false;
  const isTiny = Math.min(input.width, input.height) < tinyPx;
  return trainLabels <= (backbone.maxLabels ?? (isTiny ? fewLabels * classes - 1 : Infinity));
}
