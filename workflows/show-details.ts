import { setCurrentDetails } from '@temporalio/workflow';
import { currentDetails } from './current-details.ts';
import type { LoopRun } from './loop-run.ts';
import { runStatus } from './run-status.ts';

/** Renews the head of the run's page in the Temporal UI. */
export function showDetails(run: LoopRun): void {
  setCurrentDetails(currentDetails(runStatus(run)));
}
