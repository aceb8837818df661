import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../core/errors.ts';

/** Bad ends of one training before it is given up. */
const failuresAllowed = 3;

/**
 * What to throw for an error of a trainer: itself, or a final one when it is the third bad end of this training. Temporal's count of
 * attempts would not do: it also counts the times that a service was away.
 *
 * @param jobDir - Holds the count; a job that starts afresh elsewhere starts counting afresh.
 */
export async function countedFailure(jobDir: string, error: unknown): Promise<unknown> {
  if (!(error instanceof TrainerError) || !error.retryable) return error;
  const file = join(jobDir, 'failures');
  const failures = 1 + Number(await readFile(file, 'utf8').catch(() => '0'));
  if (failures < failuresAllowed) {
    await writeFile(file, String(failures));
    return error;
  }
  // A person who starts the loop again gets all attempts again.
  await rm(file, { force: true });
  return new TrainerError(
    `${error.message} That was attempt ${failures} of ${failuresAllowed}; no more are made.`,
    {
      retryable: false,
      cause: error,
    },
  );
}
