import type { WithdrawnTasks } from '../activities/withdraw-tasks.ts';
import { affordableImages } from '../core/stop-rule.ts';
import type { LoopState, OpenReview, Steering } from '../core/loop-state.ts';
import { long } from './activity-proxies.ts';
import { labelsBought } from './labels-bought.ts';

/** Whether a wish waits to be carried out. */
export function isSteered({ steering }: LoopState): boolean {
  return steering !== undefined;
}

/** Carries out what people want of single images, oldest first. A wish goes when it is done: a run that ends before leaves it to the next. */
export async function carryOutSteering(state: LoopState): Promise<void> {
  for (let wish = state.steering?.[0]; wish && state.datasource; wish = state.steering?.[0]) {
    const { command, paths, by, why } = wish;
    const done = await long.withdrawTasks({
      loop: state.spec.loop,
      datasourceId: state.datasource.id,
      cycle: state.cycle,
      reviews: state.reviews.map(({ projectId, cycle }) => ({ projectId, cycle })),
      paths,
      why: `${by}: ${why}`,
      ...(command === 'exclude' && { exclude: true }),
    });
    state.steered = steeredSentence(wish, done);
    const rest = (state.steering ?? []).slice(1);
    if (rest.length > 0) state.steering = rest;
    else delete state.steering;
  }
}

/** Makes the open batch as big as the rules of now want it; the answer names the model for the tasks that are new. */
export async function carryOutResize(
  state: LoopState,
  openBatch: (runId: string) => Promise<void>,
): Promise<void> {
  const { resize, datasource, spec, cycle } = state;
  const row = state.history.at(-1);
  const review = batchReview(state);
  if (!resize || !datasource) return;
  if (row?.runId !== undefined && row.cycle === cycle && review) {
    const { selected, withdrawn, runId, secondOpinions } = await long.resizeBatch({
      loop: spec.loop,
      datasourceId: datasource.id,
      projectId: review.projectId,
      cycle,
      cycleRunId: row.runId,
      maxImages: affordableImages(spec, labelsBought(state, row.trainLabels)),
      ...(spec.review.skipped === 'ask-again' && { askAgain: true }),
      why: `a smaller batch, ${resize.by}: ${resize.why}`,
    });
    if (runId !== null) await openBatch(runId);
    state.history = [
      ...state.history.slice(0, -1),
      { ...row, selected, ...(secondOpinions && { secondOpinions }) },
    ];
    state.steered = `The batch was given another size by ${resize.by}: it asks ${selected} images${withdrawn > 0 ? `; ${withdrawn} tasks were withdrawn` : ''}.`;
  }
  // Another change may have come meanwhile.
  if (state.resize === resize) delete state.resize;
}

/** The review of this cycle's batch; cycle 0 has none. */
function batchReview({ reviews, cycle }: LoopState): OpenReview | undefined {
  return reviews.find((one) => one.cycle === cycle && one.purposes.includes('score'));
}

function steeredSentence(
  { command, by }: Steering,
  { withdrawn, idle, kept, unknown }: WithdrawnTasks,
): string {
  const parts = [
    ...(withdrawn > 0 ? [`${withdrawn} withdrawn`] : []),
    ...(idle > 0 ? [`${idle} not asked at that time`] : []),
    ...(kept.length > 0 ? [`${kept.length} kept, as somebody has answered or begun: ${first(kept)}`] : []),
    ...(unknown.length > 0 ? [`${unknown.length} unknown: ${first(unknown)}`] : []),
  ];
  return `${command} by ${by}: ${parts.join('; ')}.`;
}

function first(paths: readonly string[]): string {
  return `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''}`;
}
