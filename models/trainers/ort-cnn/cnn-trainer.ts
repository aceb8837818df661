import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionWith } from '../../runner/session-options.ts';
import { Passes } from '../learning/passes.ts';
import { floats, vector } from '../learning/step-session.ts';
import { stream } from '../learning/stream.ts';
import type { FinishedModel, Learner, Look, Trainer } from '../process/learner.ts';
import type { OpenJob } from '../process/read-job.ts';
import { batchOf } from './batch.ts';
import { readClassifiedImages, type ClassifiedImages } from './classified-images.ts';
import { classifierTrainingGraph, evaluationGraph, modelGraph } from './graphs.ts';
import { networkParameters, type NetworkShape } from './network.ts';
import { cnnParams, type CnnParams } from './params.ts';
import { fitTemperature, type Answers } from './temperature.ts';

const evaluationBatch = 64;

/** A small convolutional network for classification, from scratch. */
export const cnnTrainer: Trainer<CnnParams> = {
  name: 'ort-cnn',
  version: '2',
  tasks: ['classification'],
  leastClasses: 2,
  params: cnnParams,
  async open(opened, pulse) {
    const { job } = opened;
    const train = await readClassifiedImages(opened, job.train, pulse);
    const valid = await readClassifiedImages(opened, job.valid, pulse);
    const shape = networkShape(opened, train);
    const evaluation = await InferenceSession.create(evaluationGraph(shape), sessionWith(job.limits.threads));
    return new CnnLearner(opened, shape, { train, valid }, evaluation);
  },
};

class CnnLearner implements Learner {
  readonly parameters;
  readonly trainingGraph;
  readonly #opened: OpenJob<CnnParams>;
  readonly #shape: NetworkShape;
  readonly #sets: { train: ClassifiedImages; valid: ClassifiedImages };
  readonly #evaluation: InferenceSession;
  readonly #passes: Passes;

  constructor(
    opened: OpenJob<CnnParams>,
    shape: NetworkShape,
    sets: { train: ClassifiedImages; valid: ClassifiedImages },
    evaluation: InferenceSession,
  ) {
    this.#opened = opened;
    this.#shape = shape;
    this.#sets = sets;
    this.#evaluation = evaluation;
    this.#passes = new Passes(sets.train.ids.length, opened.job.seed);
    this.parameters = networkParameters(shape);
    this.trainingGraph = classifierTrainingGraph(shape, opened.params.batch, opened.params.weightDecay);
  }

  batchAt(step: number): Record<string, Tensor> {
    const { job, params } = this.#opened;
    const shift = params.augment ? stream(job.seed, `shift/${step}`) : null;
    return batchOf(this.#sets.train, this.#passes.at(step, params.batch), this.#shape, shift);
  }

  /** The certainty is corrected first. */
  async look(value: Float32Array, pulse: () => void): Promise<Look | null> {
    const { valid } = this.#sets;
    if (valid.ids.length === 0) return null;
    const answers = await this.#answers(value, valid, pulse);
    const { temperature, loss } = fitTemperature(answers);
    return { loss, metrics: { valid_accuracy: accuracy(answers), temperature } };
  }

  async finish(value: Float32Array, { temperature = 1 }: Record<string, number>): Promise<FinishedModel> {
    const { input } = this.#shape;
    const model = modelGraph(this.#shape, value, temperature);
    const manifest = this.#sets.valid.ids.length > 0 ? 'valid' : 'train';
    const { ids, pixels } = this.#sets[manifest];
    return {
      model,
      card: {
        input: {
          name: 'images',
          dtype: 'uint8',
          layout: 'NHWC',
          ...this.#opened.job.input,
          color: input.channels === 1 ? 'GRAY' : 'RGB',
          resize: 'stretch',
          normalisation: 'in-graph',
        },
        output: {
          kind: 'class-probabilities',
          names: ['probabilities', 'embedding'],
          embedding: 'embedding',
          scores: 'probability',
        },
        selftest: {
          manifest,
          index: 0,
          id: ids[0] ?? '',
          probs: await firstAnswer(model, this.#shape, pixels),
          tolerance: 0.001,
        },
      },
    };
  }

  async close(): Promise<void> {
    await this.#evaluation.release();
  }

  async #answers(value: Float32Array, set: ClassifiedImages, pulse: () => void): Promise<Answers> {
    const { labels, weights } = set;
    const { classes, input } = this.#shape;
    const logits = new Float32Array(labels.length * classes);
    for (let start = 0; start < labels.length; start += evaluationBatch) {
      pulse();
      const rows = Math.min(evaluationBatch, labels.length - start);
      const images = imagesTensor(set.pixels, input, start, rows);
      const result = await this.#evaluation.run({ images, value: vector(value) });
      logits.set(floats(result['logits']), start * classes);
    }
    return { logits, classes, labels, weights };
  }
}

/** The finished model's answer for the first image of a set. */
async function firstAnswer(
  model: Uint8Array,
  { input }: NetworkShape,
  pixels: Uint8Array,
): Promise<number[]> {
  const session = await InferenceSession.create(model, sessionWith(1));
  const result = await session.run({ images: imagesTensor(pixels, input, 0, 1) });
  await session.release();
  return Array.from(floats(result['probabilities']));
}

function imagesTensor(
  pixels: Uint8Array,
  { width, height, channels }: NetworkShape['input'],
  start: number,
  rows: number,
): Tensor {
  const size = width * height * channels;
  const images = pixels.slice(start * size, (start + rows) * size);
  return new Tensor('uint8', images, [rows, height, width, channels]);
}

/** Share of right answers, examples counted by weight. */
function accuracy({ logits, classes, labels, weights }: Answers): number {
  let [right, total] = [0, 0];
  for (const [row, label] of labels.entries()) {
    const scores = Array.from(logits.subarray(row * classes, (row + 1) * classes));
    const weight = weights[row] ?? 1;
    if (scores.indexOf(Math.max(...scores)) === label) right += weight;
    total += weight;
  }
  return right / total;
}

function networkShape({ job, params }: OpenJob<CnnParams>, train: ClassifiedImages): NetworkShape {
  const { channels } = job.input;
  const count = train.pixels.length / channels;
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  for (const [index, byte] of train.pixels.entries()) {
    const channel = index % channels;
    sums[channel] = (sums[channel] ?? 0) + byte;
    squares[channel] = (squares[channel] ?? 0) + byte * byte;
  }
  const mean = sums.map((sum) => sum / count);
  const std = squares.map((square, channel) =>
    // An image set of one colour has no spread; 1 leaves it as it is.
    Math.max(1, Math.sqrt(Math.max(0, square / count - (mean[channel] ?? 0) ** 2))),
  );
  return { input: job.input, width: params.width, classes: job.classes.length, normalisation: { mean, std } };
}
