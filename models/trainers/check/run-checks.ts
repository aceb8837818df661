import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckBench, type CheckOptions } from './check-bench.ts';
import { badClass } from './checks/bad-class.ts';
import { cancel } from './checks/cancel.ts';
import { diskFull } from './checks/disk-full.ts';
import { foreignCheckpoint } from './checks/foreign-checkpoint.ts';
import { killed } from './checks/killed.ts';
import { learns } from './checks/learns.ts';
import { missingImage } from './checks/missing-image.ts';
import { model } from './checks/model.ts';
import { nanLoss } from './checks/nan-loss.ts';
import { noToken } from './checks/no-token.ts';
import { nobodyLeft } from './checks/nobody-left.ts';
import { orphan } from './checks/orphan.ts';
import { progress } from './checks/progress.ts';
import { resume } from './checks/resume.ts';
import { silence } from './checks/silence.ts';
import { timeLimit } from './checks/time-limit.ts';
import { twoAtOnce } from './checks/two-at-once.ts';
import { unknownContract } from './checks/unknown-contract.ts';
import { NotShown, type TrainerCheck } from './trainer-check.ts';

/** In the order in which they run; some need what an earlier one left. */
export const trainerChecks: readonly TrainerCheck[] = [
  learns,
  progress,
  model,
  cancel,
  resume,
  killed,
  orphan,
  badClass,
  missingImage,
  unknownContract,
  silence,
  foreignCheckpoint,
  twoAtOnce,
  diskFull,
  nanLoss,
  timeLimit,
  noToken,
  nobodyLeft,
];

export interface CheckResult {
  readonly name: string;
  readonly about: string;
  readonly verdict: 'passed' | 'failed' | 'not shown';
  readonly reason: string;
  readonly seconds: number;
}

/**
 * Holds a trainer to `al-train/1`, check by check, each within its time.
 *
 * @param keep - Leaves the folder with the jobs; its path is told to `onFolder`.
 * @throws `signal.reason` after an abort, when everything is cleaned up.
 */
export async function* runChecks(
  options: CheckOptions & { readonly onFolder?: (dir: string) => void; readonly keep?: boolean },
  signal: AbortSignal,
): AsyncGenerator<CheckResult> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'labelloop-check-')));
  options.onFolder?.(dir);
  try {
    const bench = await CheckBench.open(dir, options);
    for (const check of trainerChecks) {
      signal.throwIfAborted();
      yield await runCheck(check, bench, signal);
    }
    signal.throwIfAborted();
  } finally {
    if (!options.keep) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runCheck(check: TrainerCheck, bench: CheckBench, signal: AbortSignal): Promise<CheckResult> {
  const { timeoutSeconds } = bench.options;
  const time = AbortSignal.timeout(timeoutSeconds * 1000);
  bench.signal = AbortSignal.any([signal, time]);
  const begin = performance.now();
  const result = (verdict: CheckResult['verdict'], reason: string): CheckResult => ({
    name: check.name,
    about: check.about,
    verdict,
    reason: reason.replace(/\s+/g, ' ').trim(),
    seconds: (performance.now() - begin) / 1000,
  });
  try {
    return result('passed', await check.run(bench));
  } catch (error) {
    signal.throwIfAborted();
    if (time.aborted) return result('failed', `was not over within ${timeoutSeconds} s`);
    const reason = error instanceof Error ? error.message : String(error);
    return result(error instanceof NotShown ? 'not shown' : 'failed', reason);
  } finally {
    await bench.tidy();
  }
}
