import type { ReviewProgress } from '../core/ports.ts';
import type { LoopRun } from './loop-run.ts';

/** Without late reviews of earlier cycles, which nobody waits for. */
export function progressOfCycle({ state, progress }: LoopRun): readonly ReviewProgress[] {
  return progress.filter((_, index) => state.reviews[index]?.cycle === state.cycle);
}
