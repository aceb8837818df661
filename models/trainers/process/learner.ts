import type { Tensor } from 'onnxruntime-node';
import type { ModelCard } from '../../card.ts';
import type { Parameter } from '../learning/parameters.ts';
import type { CommonParams } from './common-params.ts';
import type { Abilities, OpenJob } from './read-job.ts';

/** What differs from one built-in trainer to the next; `train` does the rest. */
export interface Trainer<Params extends CommonParams> extends Abilities<Params> {
  readonly name: string;
  readonly version: string;
  /**
   * Reads the job's sets and opens the network.
   *
   * @param pulse - Called again and again; may throw to stop.
   */
  open(opened: OpenJob<Params>, pulse: () => void): Promise<Learner>;
}

/** A network with its data. */
export interface Learner {
  readonly parameters: readonly Parameter[];
  /** See `trainingGraph`. */
  readonly trainingGraph: Uint8Array;
  /** The graph's own inputs at a step, from 0: a function of seed and step alone. */
  batchAt(step: number): Readonly<Record<string, Tensor>>;
  /** How good the network is on the validation set; null without one. */
  look(value: Float32Array, pulse: () => void): Promise<Look | null>;
  /** The finished model, with what its card says beyond the job. */
  finish(value: Float32Array, metrics: Readonly<Record<string, number>>): Promise<FinishedModel>;
  close(): Promise<void>;
}

export interface Look {
  readonly loss: number;
  /** Further metrics by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface FinishedModel {
  /** The bytes of `model.onnx`. */
  readonly model: Uint8Array;
  /** The graph's; that of our own graphs by default. */
  readonly opset?: number;
  readonly card: Pick<ModelCard, 'input' | 'output' | 'selftest'>;
}
