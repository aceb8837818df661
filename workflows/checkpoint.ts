import { condition } from '@temporalio/workflow';
import { Ended } from './ended.ts';
import { enterPhase } from './enter-phase.ts';
import type { LoopRun } from './loop-run.ts';
import { carryOutSteering, isSteered } from './steer-review.ts';

/** Between two steps: leaves when told to stop, and stays while paused. */
export async function checkpoint(run: LoopRun): Promise<void> {
  const { state, wishes } = run;
  await carryOutSteering(state);
  if (state.paused && wishes.stopping === null) {
    const before = run.phase;
    enterPhase(run, 'paused');
    const goesOn = () => !state.paused || wishes.stopping !== null;
    while (!goesOn()) {
      await condition(() => goesOn() || isSteered(state));
      await carryOutSteering(state);
    }
    enterPhase(run, before);
  }
  if (wishes.stopping !== null) throw new Ended(wishes.stopping);
}
