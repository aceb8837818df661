import { appendFile, readFile } from 'node:fs/promises';
import type { ExperimentTracker, Metric, RunRef } from '../core/ports.ts';

/**
 * Sends metrics as they come, in the background and in order, and keeps them in a file: another attempt sends again what its predecessor
 * may have lost. The timestamp is the run's start plus the step, so that whatever attempt sends a point, MLflow sees the same point.
 */
export class MetricLog {
  readonly #file: string;
  readonly #run: RunRef;
  readonly #startTimeMs: number;
  readonly #tracker: ExperimentTracker;
  #waiting: readonly Metric[];
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    file: string,
    run: RunRef,
    { startTimeMs, tracker, waiting }: { startTimeMs: number; tracker: ExperimentTracker; waiting: Metric[] },
  ) {
    this.#file = file;
    this.#run = run;
    this.#startTimeMs = startTimeMs;
    this.#tracker = tracker;
    this.#waiting = waiting;
  }

  static async open(
    file: string,
    run: RunRef,
    startTimeMs: number,
    { tracker }: { tracker: ExperimentTracker },
  ): Promise<MetricLog> {
    return new MetricLog(file, run, { startTimeMs, tracker, waiting: await readMetrics(file) });
  }

  add(step: number, values: Readonly<Record<string, number>>): void {
    const timestampMs = this.#startTimeMs + step;
    const metrics = Object.entries(values).map(([key, value]) => ({ key, value, step, timestampMs }));
    this.#waiting = [...this.#waiting, ...metrics];
    // A failure here is not lost: the batch stays waiting, and flush() sends it and throws.
    this.#sending = this.#sending
      .then(() => appendFile(this.#file, `${JSON.stringify(metrics)}\n`))
      .then(() => this.#send())
      .catch(() => undefined);
  }

  async flush(signal: AbortSignal): Promise<void> {
    await this.#sending;
    await this.#send(signal);
  }

  async #send(signal?: AbortSignal): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    await this.#tracker.logBatch(this.#run.runId, { metrics: batch }, signal);
    this.#waiting = this.#waiting.slice(batch.length);
  }
}

/** A last line that was cut off by a crash is left out. */
async function readMetrics(file: string): Promise<Metric[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      return JSON.parse(line) as Metric[];
    } catch {
      return [];
    }
  });
}
