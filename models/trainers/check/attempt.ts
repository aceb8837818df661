import { readFile } from 'node:fs/promises';
import { trainJobSchema, type TrainerEvent } from '../job.ts';
import { resultOf, type RunTrainerInput, type TrainerResult } from '../run-trainer.ts';
import { TrainerProcess, type TrainerEnd } from '../trainer-process.ts';

export type AttemptInput = Omit<RunTrainerInput, 'onEvent' | 'onSpawn'>;

type EventOf<Name extends TrainerEvent['event']> = Extract<TrainerEvent, { event: Name }>;

/** One run of a trainer under the real host, with everything it said. */
export class Attempt {
  readonly #input: AttemptInput;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly events: TrainerEvent[] = [];
  /** When the attempt began and each event came, in ms. */
  readonly times: number[] = [performance.now()];
  /** Process id of the trainer, and of its group; 0 when it could not be started. */
  pid = 0;
  readonly ended: Promise<TrainerEnd>;

  constructor(input: AttemptInput) {
    this.#input = input;
    this.ended = new TrainerProcess({
      ...input,
      signal: AbortSignal.any([input.signal, this.#abort.signal]),
      onSpawn: (pid) => (this.pid = pid),
      onEvent: (event) => {
        this.events.push(event);
        this.times.push(performance.now());
        for (const listener of this.#listeners) listener();
      },
    })
      .run()
      .finally(() => {
        this.times.push(performance.now());
      });
  }

  /** As when the loop is cancelled: SIGTERM, and SIGKILL after the grace. */
  stop(): void {
    this.#abort.abort();
  }

  first<Name extends TrainerEvent['event']>(name: Name): EventOf<Name> | undefined {
    return this.events.find((event): event is EventOf<Name> => event.event === name);
  }

  last<Name extends TrainerEvent['event']>(name: Name): EventOf<Name> | undefined {
    return this.events.findLast((event): event is EventOf<Name> => event.event === name);
  }

  /** Waits for an event; false when the trainer ended without it. */
  async until(isIt: (event: TrainerEvent) => boolean): Promise<boolean> {
    const seen = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (!this.events.some(isIt)) return;
        this.#listeners.delete(look);
        resolve(true);
      };
      this.#listeners.add(look);
      look();
    });
    return Promise.race([seen, this.ended.then(() => this.events.some(isIt))]);
  }

  /** What it leaves, checked as after a real training. @throws TrainerError */
  async result(): Promise<TrainerResult> {
    const end = await this.ended;
    const job = trainJobSchema.parse(JSON.parse(await readFile(this.#input.jobFile, 'utf8')));
    return resultOf(end, job, this.#input);
  }
}
