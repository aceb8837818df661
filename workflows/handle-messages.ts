import { setHandler } from '@temporalio/workflow';
import { handleCommands } from './loop-commands.ts';
import type { LoopRun } from './loop-run.ts';
import { annotationsChangedSignal, cycleHistoryQuery, loopStatusQuery } from './messages.ts';
import { runStatus } from './run-status.ts';

/** Answers all that may be sent to a run; called before anything is awaited, so that no message comes too early. */
export function handleMessages(run: LoopRun): void {
  setHandler(annotationsChangedSignal, () => {
    run.hasNews = true;
  });
  setHandler(loopStatusQuery, () => runStatus(run));
  setHandler(cycleHistoryQuery, () => run.state.history);
  handleCommands(run);
}
