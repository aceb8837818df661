import type { LoopState, OpenReview } from '../core/loop-state.ts';
import type { ReviewProgress } from '../core/ports.ts';
import { workSoFar } from '../core/pre-annotation/review-work.ts';
import { noWork, workText } from '../core/pre-annotation/work-cost.ts';
import { settledTasks } from '../core/review-done.ts';
import type { LoopRun } from './loop-run.ts';
import type { LoopStatus } from './messages.ts';
import { progressOfCycle } from './progress-of-cycle.ts';
import { waitEndMs } from './wait-end-ms.ts';

/** What a run tells whoever asks. */
export function runStatus(run: LoopRun): LoopStatus {
  const { state, progress } = run;
  const { spec } = state;
  return {
    loop: spec.loop,
    phase: run.phase,
    cycle: state.cycle,
    paused: state.paused,
    images: state.images ?? null,
    inference: run.inference,
    reviews: state.reviews.map(({ title, url, tasks }: OpenReview, index) => ({
      title,
      url,
      tasks: progress[index]?.tasks ?? tasks,
      answered: progress[index]?.answered ?? 0,
      skipped: progress[index]?.skipped ?? 0,
      ...opinionsOf(progress[index]),
    })),
    refused: state.refused ?? [],
    stale: state.stale ?? [],
    ...(state.suggestions !== undefined && { suggestions: state.suggestions }),
    ...(spec.review.cost && { cost: workText(workSoFar(state) ?? noWork, spec.review.cost) }),
    latest: state.history.at(-1) ?? null,
    decision: run.decision,
    sinceMs: run.sinceMs,
    ...waits(run),
    pausedBy: (state.paused && state.decisions.findLast(({ command }) => command === 'pause')) || null,
    ...wished(state),
    ended: run.ended,
  };
}

function waits(run: LoopRun): Pick<LoopStatus, 'settled' | 'deadlineMs'> {
  if (run.phase !== 'wait for annotations') return { settled: null, deadlineMs: null };
  const endMs = waitEndMs(run);
  const isRead = run.progress.length > 0;
  return {
    settled: isRead ? settledTasks(progressOfCycle(run), run.state.spec.review) : null,
    deadlineMs: endMs === Infinity ? null : endMs,
  };
}

function wished({ steering = [], resize, steered }: LoopState): Partial<LoopStatus> {
  const wishes = [
    ...steering.map(({ command, paths, by }) => `${command} ${paths.length} images, by ${by}`),
    ...(resize ? [`another size of the batch, by ${resize.by}`] : []),
  ];
  return { ...(wishes.length > 0 && { wishes }), ...(steered !== undefined && { steered }) };
}

/** Only what there is of it. */
function opinionsOf({ begun, disputed, undecided, openSinceMs }: Partial<ReviewProgress> = {}) {
  return {
    ...(openSinceMs !== undefined && { openSinceMs }),
    ...(begun !== undefined && { begun }),
    ...(disputed !== undefined && { disputed }),
    ...(undecided !== undefined && { undecided }),
  };
}
