import type { CheckResult } from '../../models/trainers/check/run-checks.ts';

const marks = { passed: '✔', failed: '✘', 'not shown': '–' } as const;

/** One check for a person. */
export function checkLine({ name, about, verdict, reason, seconds }: CheckResult): string {
  const line = `${marks[verdict]} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s  ${reason}`;
  return verdict === 'failed' ? `${line}\n    It ${about}: that is asked for.` : line;
}
