import { labelsBought } from './labels-bought.ts';
import type { LoopRun } from './loop-run.ts';

/** What the rules to end by need beside the newest measurement. */
export function spentSoFar({ state, startTimeMs }: LoopRun, labels: number) {
  const { cycle, history, startedMs = startTimeMs } = state;
  const kappas = history.flatMap(({ kappa }) => kappa ?? []);
  const trainLabels = labelsBought(state, labels);
  return { cycle, trainLabels, kappas, hours: Math.round((Date.now() - startedMs) / 36_000) / 100 };
}
