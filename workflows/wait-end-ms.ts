import { timeLimitMs } from '../core/stop-rule.ts';
import type { LoopRun } from './loop-run.ts';

/**
 * When the wait for people ends at the latest, in ms since 1970; Infinity: not by itself. Without the hold-out's answers nothing could be measured,
 * so the loop's own time does not end the first one. People may change the limit while they annotate.
 */
export function waitEndMs({ state, startTimeMs, sinceMs }: LoopRun): number {
  const { spec, cycle, startedMs = startTimeMs } = state;
  const { deadlineHours } = spec.review;
  const reviewEndMs = deadlineHours === undefined ? Infinity : sinceMs + deadlineHours * 3_600_000;
  return cycle === 0 ? reviewEndMs : Math.min(reviewEndMs, timeLimitMs(spec.stop, startedMs));
}
