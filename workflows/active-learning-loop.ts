import { allHandlersFinished, condition, isCancellation } from '@temporalio/workflow';
import { withCycle } from '../core/cycle-history.ts';
import type { CycleSummary, LoopState } from '../core/loop-state.ts';
import { quick } from './activity-proxies.ts';
import { checkpoint } from './checkpoint.ts';
import { Ended } from './ended.ts';
import { enterPhase } from './enter-phase.ts';
import { handleMessages } from './handle-messages.ts';
import { newRun, type LoopRun } from './loop-run.ts';
import { nextRun } from './next-run.ts';
import { collect } from './steps/collect.ts';
import { copyLabelConfig } from './steps/copy-label-config.ts';
import { endOrGoOn } from './steps/end-or-go-on.ts';
import { enrich } from './steps/enrich.ts';
import { evaluate } from './steps/evaluate.ts';
import { infer } from './steps/infer.ts';
import { openBatch } from './steps/open-batch.ts';
import { openReview } from './steps/open-review.ts';
import { selectFirst } from './steps/select-first.ts';
import { select } from './steps/select.ts';
import { train } from './steps/train.ts';
import { waitForAnnotations } from './steps/wait-for-annotations.ts';

export interface LoopResult {
  /** A sentence. */
  readonly ended: string;
  readonly history: readonly CycleSummary[];
}

/**
 * The DagsHub recipe as one durable loop. Every run walks one cycle and continues as new, so its history stays small; its only argument is
 * plain JSON and is all that the next run knows.
 *
 * Cycle 0 asks people for the hold-out, the validation set and a first batch; every later one trains, measures, infers, selects and asks.
 */
export async function activeLearningLoop(state: LoopState): Promise<LoopResult> {
  const run = newRun(state);
  handleMessages(run);
  try {
    if (state.waitingSinceMs === undefined) await (state.cycle === 0 ? askFirst(run) : learnAndAsk(run));
    await waitForAnnotations(run);
    await collect(run);
    await checkpoint(run);
    return await nextRun(run, state.cycle + 1);
  } catch (error) {
    if (error instanceof Ended) return await finish(run, error.message);
    if (isCancellation(error)) enterPhase(run, 'stopped');
    throw error;
  }
}

/** Steps 1 and 2, and cycle 0's reviews: hold-out and validation first, so that every later number is honest. */
async function askFirst(run: LoopRun): Promise<void> {
  enterPhase(run, 'enrich');
  await quick.checkConnections();
  await copyLabelConfig(run.state.spec);
  const datasource = await enrich(run);
  await checkpoint(run);
  await selectFirst(run, datasource);
  enterPhase(run, 'open review');
  await openReview(run, 'hold-out', ['hold-out'], null);
  await openReview(run, 'validation', ['validation'], null);
  await openReview(run, 'first', ['first'], null);
}

/** Steps 3 to 10. */
async function learnAndAsk(run: LoopRun): Promise<void> {
  const datasource = await enrich(run);
  await checkpoint(run);
  const trained = await train(run, datasource);
  await checkpoint(run);
  const { summary, champion } = await evaluate(run, datasource, trained);
  endOrGoOn(run, summary);
  await checkpoint(run);
  const { unreadable, setAside } = await infer(run, datasource, champion);
  await checkpoint(run);
  const batch = await select(run, datasource, champion, trained);
  run.state.history = withCycle(run.state.history, {
    ...summary,
    ...batch,
    unreadable: summary.unreadable + unreadable,
    ...(setAside.length > 0 && { setAside }),
  });
  if (batch.selected === 0) throw new Ended('nothing is left in the pool that selection may ask');
  await checkpoint(run);
  enterPhase(run, 'open review');
  await openBatch(run, champion);
}

async function finish(run: LoopRun, reason: string): Promise<LoopResult> {
  run.ended = reason;
  enterPhase(run, run.wishes.stopping === null ? 'done' : 'stopped');
  await condition(allHandlersFinished);
  return { ended: reason, history: run.state.history };
}
