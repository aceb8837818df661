import { cohenKappa } from './metrics/cohen-kappa.ts';
import type { Classified, Detected } from './ports.ts';
import { predictedTruth } from './predicted-truth.ts';
import { answerFault, imageInformativeness, type ScoreRule } from './scores/image-informativeness.ts';

/** What a model decides about an image of the stop set: its class; of objects, for each class of the loop whether there is any. */
export type Decisions = readonly string[];

/** @param model - The model's classes in its order, and the loop's. */
export function decisionsOf(
  answer: Classified | Detected,
  model: { readonly classes: readonly string[] },
  loopClasses: readonly string[],
): Decisions {
  const said = predictedTruth(answer, model.classes);
  if ('label' in said) return [said.label];
  const there = new Set(said.objects.map(({ label }) => label));
  return loopClasses.map((name) => (there.has(name) ? 'there' : 'not there'));
}

/**
 * Cohen's κ between two models' decisions about the images that both were asked about; null when there are none.
 *
 * @see Bloodgood and Vijay-Shanker 2009, "A Method for Stopping Active Learning Based on Stabilizing Predictions and the Need for
 * User-Adjustable Stopping": a loop may stop when successive models agree by 0.99 over three.
 */
export function stopSetKappa(
  one: Readonly<Record<string, Decisions>>,
  other: Readonly<Record<string, Decisions>>,
): number | null {
  const pairs = Object.entries(one).flatMap(([path, decisions]) => {
    const others = other[path];
    return others?.length === decisions.length ? [{ decisions, others }] : [];
  });
  if (pairs.length === 0) return null;
  return cohenKappa(
    pairs.flatMap(({ decisions }) => [...decisions]),
    pairs.flatMap(({ others }) => [...others]),
  );
}

/** How unsure an answer is: its normalised entropy, of objects the mean of their boxes'; null without any, or where it holds no probabilities. */
export function answerEntropy(answer: Classified | Detected, isMultiLabel: boolean): number | null {
  const rule: ScoreRule = {
    score: isMultiLabel ? 'multi-label-mean' : 'entropy',
    boxes: { score: 'entropy', aggregate: 'mean', k: 1 },
  };
  return answerFault(answer, rule) === null ? imageInformativeness(answer, rule) : null;
}
