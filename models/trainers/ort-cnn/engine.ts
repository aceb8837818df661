import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionWith } from '../../runner/session-options.ts';
import { adamBetas } from '../graph/adamw.ts';
import type { Batch } from './batches.ts';
import type { Examples } from './examples.ts';
import { evaluationGraph, trainingGraph } from './graphs.ts';
import type { NetworkShape } from './network.ts';
import type { TrainingParams } from './params.ts';
import type { TrainingState } from './training-state.ts';

const evaluationBatch = 64;

/** Runs the graphs: one step, one look at a labelled set. */
export class Engine {
  readonly #shape: NetworkShape;
  readonly #params: TrainingParams;
  readonly #training: InferenceSession;
  readonly #evaluation: InferenceSession;

  private constructor(
    shape: NetworkShape,
    params: TrainingParams,
    training: InferenceSession,
    evaluation: InferenceSession,
  ) {
    this.#shape = shape;
    this.#params = params;
    this.#training = training;
    this.#evaluation = evaluation;
  }

  static async open(shape: NetworkShape, params: TrainingParams, threads: number): Promise<Engine> {
    const options = sessionWith(threads);
    const training = trainingGraph(shape, params.batch, params.weightDecay);
    return new Engine(
      shape,
      params,
      await InferenceSession.create(training, options),
      await InferenceSession.create(evaluationGraph(shape), options),
    );
  }

  /** @returns The state after one more step, and the loss before it. */
  async step(state: TrainingState, batch: Batch): Promise<TrainingState & { loss: number }> {
    const { classes, input } = this.#shape;
    const rows = this.#params.batch;
    const time = state.step + 1;
    const scalar = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), []);
    const vector = (value: Float32Array): Tensor => new Tensor('float32', value, [value.length]);
    const result = await this.#training.run({
      images: new Tensor('uint8', batch.images, [rows, input.height, input.width, input.channels]),
      targets: new Tensor('float32', batch.targets, [rows, classes]),
      weights: new Tensor('float32', batch.weights, [rows, 1]),
      rate: scalar(this.rateAt(state.step)),
      first_correction: scalar(1 / (1 - adamBetas[0] ** time)),
      second_correction: scalar(1 / (1 - adamBetas[1] ** time)),
      value: vector(state.value),
      first: vector(state.first),
      second: vector(state.second),
    });
    const loss = floats(result['loss'])[0] ?? NaN;
    return {
      ...state,
      step: time,
      value: floats(result['next_value']),
      first: floats(result['next_first']),
      second: floats(result['next_second']),
      lossSum: state.lossSum + loss,
      lossSteps: state.lossSteps + 1,
      loss,
    };
  }

  /** From `lr` down to 0 along half a cosine. */
  rateAt(step: number): number {
    return this.#params.lr * 0.5 * (1 + Math.cos((Math.PI * step) / this.#params.steps));
  }

  /** Mean loss and share of right answers, examples counted by weight. */
  async evaluate(
    value: Float32Array,
    { pixels, labels, weights }: Examples,
    pulse: () => void,
  ): Promise<{ loss: number; accuracy: number }> {
    const { width, height, channels } = this.#shape.input;
    const size = width * height * channels;
    let [loss, right, total] = [0, 0, 0];
    for (let start = 0; start < labels.length; start += evaluationBatch) {
      pulse();
      const rows = Math.min(evaluationBatch, labels.length - start);
      const images = pixels.slice(start * size, (start + rows) * size);
      const result = await this.#evaluation.run({
        images: new Tensor('uint8', images, [rows, height, width, channels]),
        value: new Tensor('float32', value, [value.length]),
      });
      const logits = floats(result['logits']);
      for (let row = 0; row < rows; row++) {
        const scores = Array.from(
          logits.subarray(row * this.#shape.classes, (row + 1) * this.#shape.classes),
        );
        const label = labels[start + row] ?? 0;
        const weight = weights[start + row] ?? 1;
        loss += weight * crossEntropy(scores, label);
        if (scores.indexOf(Math.max(...scores)) === label) right += weight;
        total += weight;
      }
    }
    return { loss: loss / total, accuracy: right / total };
  }

  async close(): Promise<void> {
    await this.#training.release();
    await this.#evaluation.release();
  }
}

function crossEntropy(logits: readonly number[], label: number): number {
  const highest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - (logits[label] ?? NaN);
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
