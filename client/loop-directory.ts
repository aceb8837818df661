/**
 * Which loops are running, refreshed in the background, so that a request never asks Temporal by itself. Until the first list has come
 * every id counts as known: Temporal may be starting, and an event lost costs a poll.
 */
export class LoopDirectory {
  readonly #list: () => AsyncIterable<string>;
  readonly #everyMs: number;
  readonly #onError: (error: unknown) => void;
  #ids: ReadonlySet<string> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(input: {
    list: () => AsyncIterable<string>;
    everyMs: number;
    onError: (error: unknown) => void;
  }) {
    this.#list = input.list;
    this.#everyMs = input.everyMs;
    this.#onError = input.onError;
  }

  /** How many loops run; null while that is not known. */
  get size(): number | null {
    return this.#ids?.size ?? null;
  }

  has(workflowId: string): boolean {
    return this.#ids?.has(workflowId) ?? true;
  }

  /** The loop is over, whatever the last list said. */
  drop(workflowId: string): void {
    if (this.#ids) this.#ids = new Set([...this.#ids].filter((id) => id !== workflowId));
  }

  /** Reads the list now and then every few seconds; keeps the last one while Temporal is away. */
  async run(): Promise<void> {
    try {
      const ids = new Set<string>();
      for await (const id of this.#list()) ids.add(id);
      this.#ids = ids;
    } catch (error) {
      if (!this.#closed) this.#onError(error);
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.run(), this.#everyMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
