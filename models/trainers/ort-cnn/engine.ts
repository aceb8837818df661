import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionWith } from '../../runner/session-options.ts';
import { adamBetas } from '../graph/adamw.ts';
import type { Batch } from './batches.ts';
import type { Examples } from './examples.ts';
import { evaluationGraph, trainingGraph } from './graphs.ts';
import type { NetworkShape } from './network.ts';
import type { TrainingParams } from './params.ts';
import type { Answers } from './temperature.ts';
import type { TrainingState } from './training-state.ts';

const evaluationBatch = 64;

/** Runs the graphs: one training step, or the network as it stands over a labelled set. */
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

  /** The network's logits for a labelled set. */
  async answers(value: Float32Array, examples: Examples, pulse: () => void): Promise<Answers> {
    const { pixels, labels, weights } = examples;
    const { classes, input } = this.#shape;
    const { width, height, channels } = input;
    const size = width * height * channels;
    const logits = new Float32Array(labels.length * classes);
    for (let start = 0; start < labels.length; start += evaluationBatch) {
      pulse();
      const rows = Math.min(evaluationBatch, labels.length - start);
      const images = pixels.slice(start * size, (start + rows) * size);
      const result = await this.#evaluation.run({
        images: new Tensor('uint8', images, [rows, height, width, channels]),
        value: new Tensor('float32', value, [value.length]),
      });
      logits.set(floats(result['logits']), start * classes);
    }
    return { logits, classes, labels, weights };
  }

  async close(): Promise<void> {
    await this.#training.release();
    await this.#evaluation.release();
  }
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
