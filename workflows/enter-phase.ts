import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Phase } from '../core/loop-state.ts';
import type { LoopRun } from './loop-run.ts';
import { showDetails } from './show-details.ts';

const phaseKey = defineSearchAttributeKey('LabelloopPhase', 'KEYWORD');
const cycleKey = defineSearchAttributeKey('LabelloopCycle', 'INT');
const bestMetricKey = defineSearchAttributeKey('LabelloopBestMetric', 'DOUBLE');

/** Tells the world where the run is; of the rest only what is another than before, as each value stands in history. */
export function enterPhase(run: LoopRun, phase: Phase): void {
  const { cycle, history } = run.state;
  run.phase = phase;
  run.sinceMs = Date.now();
  const best = history.reduce((highest, { metric }) => Math.max(highest, metric.value), 0);
  upsertSearchAttributes([
    { key: phaseKey, value: phase },
    ...(run.toldBest === null ? [{ key: cycleKey, value: cycle }] : []),
    ...(run.toldBest === best ? [] : [{ key: bestMetricKey, value: best }]),
  ]);
  run.toldBest = best;
  showDetails(run);
}
