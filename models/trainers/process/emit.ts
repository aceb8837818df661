import type { TrainerEvent } from '../job.ts';

/** Writes one event to stdout at once, so that nothing is lost when the process ends. */
export function emit(event: TrainerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
