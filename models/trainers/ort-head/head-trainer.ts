import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionWith } from '../../runner/session-options.ts';
import { accuracy } from '../learning/accuracy.ts';
import { Passes } from '../learning/passes.ts';
import { floats, vector } from '../learning/step-session.ts';
import { fitTemperature, type Answers } from '../learning/temperature.ts';
import type { FinishedModel, Learner, Look, Trainer } from '../process/learner.ts';
import type { OpenJob } from '../process/read-job.ts';
import { TrainerExit } from '../process/trainer-exit.ts';
import { readBackbone, unusable } from './backbone.ts';
import { readEmbeddedImages, type EmbeddedImages } from './embedded-images.ts';
import { Embedder } from './embedder.ts';
import { EmbeddingStore } from './embedding-store.ts';
import {
  headEvaluationGraph,
  headParameters,
  headTrainingGraph,
  headedModel,
  type HeadShape,
} from './graphs.ts';
import { headParams, strengthsOf, type HeadParams } from './params.ts';
import { headOf, middleOf, scaled, type Middle } from './scaled-embeddings.ts';

interface Sets {
  readonly train: EmbeddedImages;
  readonly valid: EmbeddedImages;
}

/** Multinomial logistic regression on the embeddings of a frozen backbone. */
export const headTrainer: Trainer<HeadParams> = {
  name: 'ort-head',
  version: '1',
  tasks: ['classification'],
  leastClasses: 2,
  params: headParams,
  async open(opened, pulse) {
    const { job, params } = opened;
    const embedder = await openEmbedder(opened);
    const store = await EmbeddingStore.open(
      opened.path(job.cache_dir ?? job.checkpoint_dir),
      embedder.backbone.key,
      embedder.size,
    );
    const sets = {
      train: await readEmbeddedImages(opened, job.train, embedder, store, pulse),
      valid: await readEmbeddedImages(opened, job.valid, embedder, store, pulse),
    };
    await store.close();
    await embedder.close();
    const shape = { numbers: embedder.size, classes: job.classes.length, strengths: strengthsOf(params) };
    const evaluation = await InferenceSession.create(
      headEvaluationGraph(shape),
      sessionWith(job.limits.threads),
    );
    return new HeadLearner(opened, embedder, shape, sets, evaluation);
  },
};

async function openEmbedder({ job, path }: OpenJob<unknown>): Promise<Embedder> {
  if (!job.backbone) throw new TrainerExit('contract', 'The job names no backbone to learn a head on.');
  const file = path(job.backbone.file);
  const backbone = await readBackbone(file, job.input);
  return Embedder.open(backbone, job.limits.threads).catch((error: unknown) => {
    throw unusable(file, error);
  });
}

class HeadLearner implements Learner {
  readonly parameters;
  readonly trainingGraph;
  readonly #embedder: Embedder;
  readonly #shape: HeadShape;
  readonly #sets: Sets;
  readonly #middle: Middle;
  readonly #evaluation: InferenceSession;
  readonly #passes: Passes;
  /** Never more than the set: a small one is then seen whole in each step. */
  readonly #batch: number;
  readonly #valid: Tensor;
  readonly #train: Float32Array;

  constructor(
    opened: OpenJob<HeadParams>,
    embedder: Embedder,
    shape: HeadShape,
    sets: Sets,
    evaluation: InferenceSession,
  ) {
    this.#embedder = embedder;
    this.#shape = shape;
    this.#sets = sets;
    this.#evaluation = evaluation;
    const count = sets.train.ids.length;
    this.#passes = new Passes(count, opened.job.seed);
    this.#batch = Math.min(opened.params.batch, count);
    this.#middle = middleOf(sets.train.embeddings, shape.numbers);
    this.#train = scaled(sets.train.embeddings, this.#middle);
    const valid = scaled(sets.valid.embeddings, this.#middle);
    this.#valid = new Tensor('float32', valid, [sets.valid.ids.length, shape.numbers]);
    this.parameters = headParameters(shape);
    this.trainingGraph = headTrainingGraph(shape, this.#batch);
  }

  batchAt(step: number): Record<string, Tensor> {
    const { numbers, classes } = this.#shape;
    const { labels, weights } = this.#sets.train;
    const rows = this.#batch;
    const embeddings = new Float32Array(rows * numbers);
    const targets = new Float32Array(rows * classes);
    const counts = new Float32Array(rows);
    for (const [row, place] of this.#passes.at(step, rows).entries()) {
      embeddings.set(this.#train.subarray(place * numbers, (place + 1) * numbers), row * numbers);
      targets[row * classes + (labels[place] ?? 0)] = 1;
      counts[row] = weights[place] ?? 1;
    }
    return {
      embeddings: new Tensor('float32', embeddings, [rows, numbers]),
      targets: new Tensor('float32', targets, [rows, classes, 1]),
      weights: new Tensor('float32', counts, [rows, 1, 1]),
    };
  }

  /** That of the head with the least loss, its certainty corrected. */
  async look(value: Float32Array): Promise<Look | null> {
    if (this.#sets.valid.ids.length === 0) return null;
    const logits = floats(
      (await this.#evaluation.run({ embeddings: this.#valid, value: vector(value) }))['logits'],
    );
    const looks = this.#shape.strengths.map((l2, place): Look => {
      const answers = this.#answersOf(logits, place);
      const { temperature, loss } = fitTemperature(answers);
      return { loss, metrics: { valid_accuracy: accuracy(answers), temperature, l2 } };
    });
    return looks.reduce((best, one) => (one.loss < best.loss ? one : best));
  }

  finish(value: Float32Array, metrics: Readonly<Record<string, number>>): Promise<FinishedModel> {
    const { strengths } = this.#shape;
    const { temperature = 1, l2 = strengths[Math.floor(strengths.length / 2)] } = metrics;
    const head = headOf(value, this.#shape, strengths.indexOf(l2 ?? 0), this.#middle, temperature);
    const { backbone, form } = this.#embedder;
    const { bytes, probabilities, embedding } = headedModel(backbone.model, form, head);
    const manifest = this.#sets.valid.ids.length > 0 ? 'valid' : 'train';
    const { ids, embeddings } = this.#sets[manifest];
    const first = embeddings.subarray(0, this.#shape.numbers);
    return Promise.resolve({
      model: bytes,
      opset: opsetOf(backbone.model.opsetImport),
      card: {
        input: backbone.input,
        output: {
          kind: 'class-probabilities',
          names: [probabilities, embedding],
          embedding,
          scores: 'probability',
        },
        selftest: {
          manifest,
          index: 0,
          id: ids[0] ?? '',
          probs: probabilitiesOf(first, head),
          tolerance: 0.001,
        },
      },
    });
  }

  async close(): Promise<void> {
    await this.#evaluation.release();
  }

  /** Of one head among all. */
  #answersOf(all: Float32Array, place: number): Answers {
    const { classes, strengths } = this.#shape;
    const { labels, weights } = this.#sets.valid;
    const logits = Float32Array.from(
      { length: labels.length * classes },
      (_, index) => all[index * strengths.length + place] ?? NaN,
    );
    return { logits, classes, labels, weights };
  }
}

/** Without the graph, so that the self-test holds backbone and head together. */
function probabilitiesOf(
  embedding: Float32Array,
  { weight, bias }: { weight: Float32Array; bias: Float32Array },
) {
  const classes = bias.length;
  const logits = Array.from(bias, (start, column) =>
    embedding.reduce((sum, number, row) => sum + number * (weight[row * classes + column] ?? 0), start),
  );
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function opsetOf(imports: readonly { domain: string; version: bigint }[]): number {
  return Number(imports.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 1n);
}
