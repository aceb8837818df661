import type { LabelScheme } from '../core/answers/answers.ts';
import { allOf } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { hash53, hashUnit } from '../core/hash.ts';
import { LossPredictor, type LearnedLosses } from '../core/learning/loss-predictor.ts';
import { meanVariance } from '../core/learning/mean-variance.ts';
import { leastLossExamples } from '../core/learning/train-loss-predictor.ts';
import type { Classified, Detected, LoadedModel, RunRef, Unreadable } from '../core/ports.ts';
import { entropyNats } from '../core/scores/entropy.ts';
import { LowestKeys } from '../core/selection/lowest-keys.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askImages } from './ask-images.ts';
import { chunksOf } from './chunks.ts';
import { chunkImages } from './fetch-images.ts';
import { keepAlive } from './keep-alive.ts';
import { labelledDatapoints } from './labelled-datapoints.ts';
import { readLearnedLosses, writeLearnedLosses } from './learned-losses-file.ts';
import { inTrain, noHoldOutCopy } from './pool.ts';
import { runArtifact } from './run-artifact.ts';

const path = 'scoring/losses.json';
/** Labels that losses are learned from at most, drawn at random: more cost each image of the pool more. */
const mostLabels = 2000;

type Answer = Classified | Detected | Unreadable;

/** Puts predicted losses into a model's answers, to images that were asked with their feature vectors. */
export type PredictLosses = (answers: readonly Answer[]) => Answer[];

/** Whether what a model tells leaves its losses to be learned: it classifies, and does not predict them itself. */
export function learnsLosses(model: LoadedModel, { task }: LabelScheme): boolean {
  return task === 'classification' && !model.predictsLoss;
}

/**
 * What predicts the losses of a run's classifier that does not predict them itself: learned from the labelled images of `train`, by the model's
 * feature vectors, and kept in the run, so that all shards and later cycles of one model predict alike. With fewer than ten labels it is the entropy of
 * the model's answer, which is the loss that the model expects.
 *
 * @throws {@link DomainError} for a model whose images may have several classes: final.
 */
export async function lossesOf(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'workDir' | 'losses'>,
  { run, model }: { run: RunRef; model: LoadedModel },
  {
    datasource,
    scheme,
  }: { datasource: { readonly id: string; readonly rootUrl: string }; scheme: LabelScheme },
  signal: AbortSignal,
): Promise<PredictLosses> {
  if (model.multiLabel)
    throw new DomainError(
      `The model of run ${run.runId} gives images several classes, so there is no one loss to learn; give it an output "predicted_loss", or choose another selection.score.`,
    );
  const learned = readLearnedLosses(await runArtifact(deps, { run, path }, learn, signal));
  const predictor = learned && new LossPredictor(learned);
  return (answers) => answers.map((answer) => withLoss(answer, predictor));

  async function learn(): Promise<Uint8Array> {
    const { seed, rows } = await labelledVectors();
    const [first] = rows;
    if (!first || rows.length < leastLossExamples) return writeLearnedLosses(null);
    const columns = first.vector.length;
    const values = new Float32Array(rows.length * columns);
    rows.forEach(({ vector }, at) => values.set(vector, at * columns));
    const features = { values, columns };
    const examples = {
      features,
      rows: rows.map((_, at) => at),
      labels: rows.map(({ label }) => label),
      classes: model.classes.length,
      strength: 1 / meanVariance(features),
    };
    const found: LearnedLosses = await keepAlive(deps.losses.learn(examples, seed, signal));
    return writeLearnedLosses(found);
  }

  /** Of the labelled images in the order of a hash, without those that cannot be read. */
  async function labelledVectors() {
    const labels = new Map<string, number>();
    const drawn = new LowestKeys(mostLabels);
    const where = allOf(inTrain, noHoldOutCopy);
    for await (const page of labelledDatapoints(deps, { datasourceId: datasource.id, where, scheme }, signal))
      for (const { path: key, truth } of page) {
        if (!('label' in truth)) continue;
        labels.set(key, model.classes.indexOf(truth.label));
        drawn.offer({ key, rank: hashUnit(run.runId, key), tie: 0 });
      }
    const rows: { label: number; vector: Float32Array }[] = [];
    const keys = drawn.sorted().map(({ key }) => key);
    for (const paths of chunksOf(keys, chunkImages)) {
      const asked = { rootUrl: datasource.rootUrl, paths, model, task: scheme.task, embed: true };
      for (const { id, embedding } of await askImages(deps.engine, asked, signal)) {
        const label = labels.get(id) ?? -1;
        if (embedding && label >= 0 && hasDirection(embedding)) rows.push({ label, vector: embedding });
      }
    }
    return { rows, seed: hash53(run.runId) };
  }
}

function withLoss(answer: Answer, predictor: LossPredictor | null): Answer {
  if (!('probabilities' in answer) || answer.predictedLoss !== undefined) return answer;
  const { probabilities, embedding } = answer;
  const values = Float64Array.from(probabilities);
  const columns = values.length;
  if (!predictor) return { ...answer, predictedLoss: entropyNats(values, 0, columns) };
  if (!embedding) throw new Error(`"${answer.id}" was asked without its feature vector.`);
  const embeddings = { values: embedding, columns: embedding.length };
  const [predictedLoss = NaN] = predictor.predict(embeddings, [0], { values, columns });
  return { ...answer, predictedLoss };
}

function hasDirection(vector: Float32Array): boolean {
  const length = Math.hypot(...vector);
  return length > 0 && length < Infinity;
}
