import { TrainerExit } from './trainer-exit.ts';

/** Who wants this training to end early: the host by SIGTERM, the host's death by the end of stdin, or the time limit. */
export class StopRequest {
  readonly #deadline: number;
  readonly #maxSeconds: number;
  #asked: string | null = null;

  constructor(maxSeconds: number) {
    this.#maxSeconds = maxSeconds;
    this.#deadline = Date.now() + maxSeconds * 1000;
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => (this.#asked ??= `Stopped by ${signal}.`));
    const orphaned = (): void => {
      this.#asked ??= 'Stopped: stdin ended, so the host is gone.';
    };
    process.stdin.on('end', orphaned).on('error', orphaned).resume();
  }

  /** Why to stop now, or null. */
  get exit(): TrainerExit | null {
    if (this.#asked !== null) return new TrainerExit('cancelled', this.#asked);
    if (Date.now() < this.#deadline) return null;
    return new TrainerExit(
      'later',
      `Not done within max_seconds (${this.#maxSeconds} s); another attempt goes on from the checkpoint.`,
    );
  }
}
