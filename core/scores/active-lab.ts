import { bestTemperature, crowdlab, type Answers } from '../agreement/crowdlab.ts';
import { temperatureScaled } from '../agreement/temperature.ts';
import { DomainError } from '../errors.ts';
import { leastConfidence } from './least-confidence.ts';
import { assertProbabilityRows } from './probability-rows.ts';

/** What a model's and a person's answers weigh: cleanlab's CROWDLAB estimates them. 1 each where no datapoint has two answers. */
export interface AnswerWeights {
  readonly model: number;
  /** Mean over all who annotate. */
  readonly averageAnnotator: number;
}

const alone: AnswerWeights = { model: 1, averageAnnotator: 1 };

/**
 * ActiveLab of datapoints without an annotation, `1 − (w_m·p₁ + w̄_a/K) / (w_m + w̄_a)`: comparable with {@link activeLabLabelledScores}.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @returns `[items]`, same order, in 0..1 − 1/classes; higher asks a person first.
 * @throws {@link DomainError} on any other row, naming its index, and on weights that are not above 0. Never retried.
 * @see Goh and Mueller 2023, "ActiveLab: Active Learning with Re-Labeling by Multiple Annotators"; cleanlab turns it the other way round.
 */
export function activeLabScores(
  probabilities: readonly (readonly number[])[],
  weights: AnswerWeights = alone,
): number[] {
  assertProbabilityRows(probabilities);
  assertWeights(weights);
  return probabilities.map((row) => {
    const quality = 1 - leastConfidence(row, 0, row.length);
    return uncertainty(quality, weights.model, weights.averageAnnotator, row.length);
  });
}

/** A datapoint that people have answered. */
export interface AnsweredItem {
  /** How sure the answer that stands is, all answers and the model's considered. 0..1. */
  readonly consensusQuality: number;
  /** Of each who answered. */
  readonly annotatorWeights: readonly number[];
}

/**
 * ActiveLab of annotated datapoints, `1 − (q·(Σ w_a + w_m) + w̄_a/K) / (Σ w_a + w_m + w̄_a)`: whether one more answer to it tells more than a first
 * answer to another. Each answer makes it lower.
 *
 * @param items - `[items]`.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} on a quality outside 0..1 or a weight below 0, naming the item's index, and on fewer than two classes. Never retried.
 * @see As {@link activeLabScores}.
 */
export function activeLabLabelledScores(
  items: readonly AnsweredItem[],
  { classes, weights = alone }: { classes: number; weights?: AnswerWeights },
): number[] {
  assertWeights(weights);
  if (!(classes >= 2)) throw new DomainError(`ActiveLab needs two classes or more; there are ${classes}.`);
  return items.map(({ consensusQuality, annotatorWeights }, index) => {
    if (!(consensusQuality >= 0 && consensusQuality <= 1))
      throw new DomainError(
        `Row ${index} has the consensus quality ${consensusQuality}; it must be in 0..1.`,
      );
    const bad = annotatorWeights.find((weight) => !(weight >= 0 && weight < Infinity));
    if (bad !== undefined)
      throw new DomainError(`Row ${index} holds the annotator weight ${bad}; it must be 0 or more.`);
    const answered = annotatorWeights.reduce((sum, weight) => sum + weight, weights.model);
    return uncertainty(consensusQuality, answered, weights.averageAnnotator, classes);
  });
}

/**
 * ActiveLab of all datapoints that a model answers, those that people have answered and the others, on one scale. Where nobody answered what another
 * did, everybody weighs 1; else model and annotators are weighed by {@link crowdlab}, the model's probabilities being scaled to what people said.
 *
 * @param answers - `[items]`: empty where nobody has answered.
 * @param probabilities - `[items][classes]`, rows as of {@link activeLabScores}; of a model that has not seen these answers.
 * @returns `[items]`, same order, in 0..1; higher asks a person first.
 * @throws {@link DomainError} as {@link activeLabScores}. Never retried.
 * @see `get_active_learning_scores` of cleanlab 2.9.0, of which it is one minus.
 */
export function activeLab(
  answers: readonly Answers[],
  probabilities: readonly (readonly number[])[],
  annotators: number,
): number[] {
  assertProbabilityRows(probabilities);
  const answered = answers.flatMap((said, item) => (said.length > 0 ? [item] : []));
  const open = answers.flatMap((said, item) => (said.length > 0 ? [] : [item]));
  const rowsOf = (items: readonly number[]) => items.map((item) => probabilities[item] ?? []);
  const said = answered.map((item) => answers[item] ?? []);
  const overlap = said.some((one) => one.length > 1);
  const temperature = overlap ? bestTemperature(said, rowsOf(answered)) : 1;
  const scaled = temperatureScaled(rowsOf(answered), temperature);
  const quality = overlap
    ? crowdlab(said, scaled, annotators)
    : {
        consensusQuality: said.map(([only], index) => rowsOf(answered)[index]?.[only?.label ?? -1] ?? NaN),
        modelWeight: 1,
        annotatorWeights: new Array<number>(annotators).fill(1),
      };
  const { modelWeight, annotatorWeights, consensusQuality } = quality;
  const averageAnnotator =
    answered.length === 0 ? 1 : annotatorWeights.reduce((sum, one) => sum + one, 0) / annotators;
  const weights = { model: modelWeight, averageAnnotator };
  const scores = new Array<number>(answers.length);
  activeLabLabelledScores(
    consensusQuality.map((value, index) => ({
      consensusQuality: Math.min(value, 1),
      annotatorWeights: (said[index] ?? []).map(({ annotator }) => annotatorWeights[annotator] ?? NaN),
    })),
    { classes: probabilities[0]?.length ?? 2, weights },
  ).forEach((score, index) => (scores[answered[index] ?? -1] = score));
  activeLabScores(temperatureScaled(rowsOf(open), temperature), weights).forEach(
    (score, index) => (scores[open[index] ?? -1] = score),
  );
  return scores;
}

/** The quality, drawn towards one K-th by what one more answer would weigh. */
function uncertainty(quality: number, weight: number, averageAnnotator: number, classes: number): number {
  return 1 - (quality * weight + averageAnnotator / classes) / (weight + averageAnnotator);
}

function assertWeights(weights: AnswerWeights): void {
  for (const [name, weight] of Object.entries(weights) as [string, number][])
    if (!(weight > 0 && weight < Infinity))
      throw new DomainError(`The weight "${name}" is ${weight}; it must be above 0.`);
}
