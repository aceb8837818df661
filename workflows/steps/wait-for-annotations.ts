import { condition } from '@temporalio/workflow';
import { quietSeconds } from '../../core/quiet-seconds.ts';
import { reviewDone } from '../../core/review-done.ts';
import { enterPhase } from '../enter-phase.ts';
import { hasLongHistory } from '../has-long-history.ts';
import type { LoopRun } from '../loop-run.ts';
import { nextRun } from '../next-run.ts';
import { progressOfCycle } from '../progress-of-cycle.ts';
import { remindIfQuiet } from '../remind-if-quiet.ts';
import { showDetails } from '../show-details.ts';
import { carryOutResize, carryOutSteering, isSteered } from '../steer-review.ts';
import { waitEndMs } from '../wait-end-ms.ts';
import { openBatch } from './open-batch.ts';
import { readReviews } from './read-reviews.ts';

/** Step 11: until enough is answered, the deadline passes, or a person closes the review. A lost webhook costs one poll, no label. */
export async function waitForAnnotations(run: LoopRun): Promise<void> {
  enterPhase(run, 'wait for annotations');
  const { state, wishes } = run;
  const { pollSeconds, minReadSeconds } = state.spec.review;
  run.sinceMs = state.waitingSinceMs ??= Date.now();
  const isEnding = () => wishes.closing || wishes.stopping !== null;
  const isUrgent = () =>
    isEnding() || isSteered(state) || state.resize !== undefined || hasLongHistory(state);
  for (;;) {
    await carryOutSteering(state);
    await carryOutResize(state, (runId) => openBatch(run, runId));
    const readAtMs = Date.now();
    const deadlineMs = waitEndMs(run);
    run.hasNews = false;
    run.progress = await readReviews(state);
    showDetails(run);
    const progress = progressOfCycle(run);
    if (reviewDone(progress, state.spec.review) || isEnding() || Date.now() >= deadlineMs) return;
    await remindIfQuiet(state, progress);
    if (hasLongHistory(state)) return nextRun(run, state.cycle);
    await condition(
      () => run.hasNews || isUrgent(),
      Math.min(pollSeconds * 1000, Math.max(deadlineMs - Date.now(), 1)),
    );
    const quiet = quietSeconds(
      { progress, enough: state.spec.review, elapsedSeconds: (readAtMs - run.sinceMs) / 1000 },
      { least: minReadSeconds, most: pollSeconds },
    );
    const quietMs = Math.min(readAtMs + quiet * 1000, deadlineMs) - Date.now();
    if (quietMs > 0) await condition(isUrgent, quietMs);
  }
}
