import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionWith } from '../../runner/session-options.ts';
import { adamBetas } from '../graph/adamw.ts';
import type { TrainingState } from './training-state.ts';

/** Runs the graph of one training step. */
export class StepSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** @param graph - See {@link trainingGraph}. */
  static async open(graph: Uint8Array, threads: number): Promise<StepSession> {
    return new StepSession(await InferenceSession.create(graph, sessionWith(threads)));
  }

  /**
   * @param batch - The graph's own inputs.
   * @returns The state after one more step, and the loss before it.
   */
  async step(
    state: TrainingState,
    batch: Readonly<Record<string, Tensor>>,
    rate: number,
  ): Promise<{ state: TrainingState; loss: number }> {
    const step = state.step + 1;
    const scalar = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), []);
    const result = await this.#session.run({
      ...batch,
      rate: scalar(rate),
      first_correction: scalar(1 / (1 - adamBetas[0] ** step)),
      second_correction: scalar(1 / (1 - adamBetas[1] ** step)),
      value: vector(state.value),
      first: vector(state.first),
      second: vector(state.second),
    });
    const loss = floats(result['loss'])[0] ?? NaN;
    const next: TrainingState = {
      ...state,
      step,
      value: floats(result['next_value']),
      first: floats(result['next_first']),
      second: floats(result['next_second']),
      lossSum: state.lossSum + loss,
      lossSteps: state.lossSteps + 1,
    };
    return { state: next, loss };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

export function vector(value: Float32Array): Tensor {
  return new Tensor('float32', value, [value.length]);
}

export function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
