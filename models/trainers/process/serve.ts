import { emit } from './emit.ts';
import { TrainerExit } from './trainer-exit.ts';

/**
 * The main program of a built-in trainer, `node main.js <job.json>`: works, and ends the process with the contract's exit code.
 *
 * @param work - Imports what it needs by itself, so that a missing library is reported as what it is.
 */
export async function serve(work: (jobFile: string | undefined) => Promise<void>): Promise<never> {
  // Nobody reads any more when our host has died; the end of stdin tells us so, a broken pipe must not.
  process.stdout.on('error', () => undefined);
  try {
    await work(process.argv[2]);
    process.exit(0);
  } catch (error) {
    const { code, kind, message, retryable } = TrainerExit.from(error);
    if (kind === 'internal') console.error(error);
    emit({ event: 'error', kind, message, retryable });
    process.exit(code);
  }
}
