import { ServiceUnavailableError } from '../../core/errors.ts';

const smallest = 10;
const largest = 10_000;

/**
 * How many metadata values go into one request. It grows while requests are quick and shrinks when they are slow or fail, so
 * that one takes about a second on any server. It outlives a call: the next attempt after a failure starts smaller.
 */
export class UploadPace {
  /** Values a request; 100 is the recipe's 50 datapoints with two values each. */
  size = 100;

  succeeded(values: number, tookMs: number): void {
    if (tookMs > 4000) this.size = Math.max(smallest, Math.floor(Math.min(this.size, values) / 2));
    else if (tookMs < 1000 && values >= this.size) this.size = Math.min(largest, this.size * 4);
  }

  failed(error: unknown): void {
    if (error instanceof ServiceUnavailableError) this.size = Math.max(smallest, Math.floor(this.size / 2));
  }
}
