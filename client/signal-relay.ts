import { setTimeout as delay } from 'node:timers/promises';

export interface SignalRelayOptions {
  /** Sends one signal. Rejects when Temporal is away; answers `gone` when the loop is over, `later` when it does not listen now. */
  readonly send: (workflowId: string) => Promise<'sent' | 'gone' | 'later'>;
  readonly onGone: (workflowId: string) => void;
  readonly onLost: (workflowId: string, error: unknown) => void;
  /** One signal a loop in this time. Default 1000. */
  readonly quietMs?: number;
  /** Waits before each new try of a failed send. Default 0.5, 1, 2 and 4 s. */
  readonly retryMs?: readonly number[];
}

/**
 * Turns a burst of events into few signals: the first event of a loop is sent at once, and all that come while it is being sent or in the
 * quiet time after become one more. So at most one send a loop is under way, however slow Temporal is. What is sent to a loop that does not listen is
 * tried again until it does, after two quiet times and at last after each eight. A signal that cannot be sent is given up after some tries; the
 * loop's own poll finds what it told.
 */
export class SignalRelay {
  readonly #options: SignalRelayOptions;
  readonly #busy = new Map<string, { again: boolean }>();
  readonly #lanes = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: SignalRelayOptions) {
    this.#options = options;
  }

  /** Returns at once; never throws. */
  notify(workflowId: string): void {
    if (this.#stop.signal.aborted) return;
    const busy = this.#busy.get(workflowId);
    if (busy) {
      busy.again = true;
      return;
    }
    const lane = this.#serve(workflowId).finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** Sends what is still waiting, without its quiet time and without retries, for at most `graceMs`. */
  async close(graceMs = 2000): Promise<void> {
    this.#stop.abort();
    const grace = new AbortController();
    await Promise.race([
      Promise.all(this.#lanes),
      delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined),
    ]);
    grace.abort();
  }

  async #serve(workflowId: string): Promise<void> {
    const state = { again: true };
    this.#busy.set(workflowId, state);
    // The request is answered first.
    await new Promise((resolve) => setImmediate(resolve));
    for (let held = 0; state.again;) {
      state.again = false;
      const isHeld = (await this.#send(workflowId)) === 'later';
      state.again ||= isHeld && !this.#stop.signal.aborted;
      held = isHeld ? Math.min(held + 1, 3) : 0;
      await this.#pause((this.#options.quietMs ?? 1000) * 2 ** held);
    }
    this.#busy.delete(workflowId);
  }

  async #send(workflowId: string): Promise<'sent' | 'gone' | 'later' | 'lost'> {
    const { send, onGone, onLost, retryMs = [500, 1000, 2000, 4000] } = this.#options;
    for (const wait of [...retryMs, null]) {
      try {
        const result = await send(workflowId);
        if (result === 'gone') onGone(workflowId);
        return result;
      } catch (error) {
        if (wait === null || this.#stop.signal.aborted) {
          onLost(workflowId, error);
          return 'lost';
        }
        await this.#pause(wait);
      }
    }
    return 'lost';
  }

  async #pause(timeMs: number): Promise<void> {
    await delay(timeMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
