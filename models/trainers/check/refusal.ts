import { describeEnd, type CheckBench, type CheckJob } from './check-bench.ts';
import { BrokenPromise } from './trainer-check.ts';

/**
 * Runs a job that must be refused for good.
 *
 * @param names - What the error's message must name.
 * @returns What the trainer said.
 */
export async function refusal(
  bench: CheckBench,
  job: CheckJob,
  code: number,
  names: string,
): Promise<string> {
  const attempt = bench.start(job);
  const end = await attempt.ended;
  if (end.code !== code) throw new BrokenPromise(`${describeEnd(end)}; exit code ${code} is asked for`);
  const { error } = end;
  if (!error) throw new BrokenPromise(`exit code ${code}, but no event "error" says why`);
  if (error.retryable) throw new BrokenPromise(`it calls the error retryable: ${error.message}`);
  if (!error.message.includes(names))
    throw new BrokenPromise(`its error does not name ${names}: ${error.message}`);
  bench.expectNoModel(job);
  return `exit code ${code}: ${error.message}`;
}
