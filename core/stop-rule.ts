import type { LoopSpec } from './loop-spec.ts';

/**
 * Why the loop ends after a model was evaluated, or null to go on. Numbers are in the sentence.
 *
 * @param now - `cycle`: the cycle whose model was evaluated, from 1; `trainLabels`: labels it learnt from; `macroRecallLow`: lower
 * end of the interval on the hold-out, so that luck does not end a loop.
 */
export function stopReason(
  stop: LoopSpec['stop'],
  now: { cycle: number; trainLabels: number; macroRecallLow: number },
): string | null {
  if (stop.macroRecall !== undefined && now.macroRecallLow >= stop.macroRecall)
    return `macro recall is at least ${now.macroRecallLow.toFixed(3)} with 95 % confidence (target ${stop.macroRecall})`;
  if (stop.labels !== undefined && now.trainLabels >= stop.labels)
    return `the budget of ${stop.labels} labels is spent (${now.trainLabels})`;
  if (now.cycle > stop.cycles) return `all ${stop.cycles} cycles are done`;
  return null;
}

/** Images the next batch may hold under the label budget. */
export function affordableImages(spec: Pick<LoopSpec, 'stop' | 'selection'>, trainLabels: number): number {
  const left = spec.stop.labels === undefined ? Infinity : Math.max(spec.stop.labels - trainLabels, 0);
  return Math.min(spec.selection.maxImages, left);
}
