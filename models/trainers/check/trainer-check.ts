import type { CheckBench } from './check-bench.ts';

/** One promise of `al-train/1`, and how a trainer is held to it. */
export interface TrainerCheck {
  readonly name: string;
  /** What is asked of the trainer, as a sentence. */
  readonly about: string;
  /**
   * Answers what was seen.
   *
   * @throws {@link BrokenPromise} when the trainer fails it, {@link NotShown} when it could not be tried.
   */
  readonly run: (bench: CheckBench) => Promise<string>;
}

/** The trainer does not keep the contract; the message says where. */
export class BrokenPromise extends Error {
  override name = 'BrokenPromise';
}

/** The check says nothing of this trainer, with these parameters or on this machine; the message says why. */
export class NotShown extends Error {
  override name = 'NotShown';
}
