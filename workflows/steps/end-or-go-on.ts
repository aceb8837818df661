import type { CycleSummary } from '../../core/loop-state.ts';
import { stopDecision, stopReason } from '../../core/stop-rule.ts';
import { Ended } from '../ended.ts';
import type { LoopRun } from '../loop-run.ts';
import { spentSoFar } from '../spent-so-far.ts';

/** By the rules as they are now: people may have changed them. Where it shall ask, it stays paused until somebody resumes it. */
export function endOrGoOn(run: LoopRun, { trainLabels, metric, gain, entropy }: CycleSummary): void {
  const { stop } = run.state.spec;
  const facts = { ...spentSoFar(run, trainLabels), metric, gain, entropy, nowMs: Date.now() };
  run.decision = stopDecision(stop, facts);
  const reason = stopReason(stop, facts);
  if (reason === null) return;
  if (stop.ask !== true) throw new Ended(reason);
  run.state.paused = true;
}
