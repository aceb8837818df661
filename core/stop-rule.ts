import type { LoopSpec } from './loop-spec.ts';
import type { Measured } from './metrics/measured.ts';

/**
 * Why the loop ends after a model was evaluated, or null to go on. Numbers are in the sentence.
 *
 * @param now - `cycle`: the cycle whose model was evaluated, from 1; `trainLabels`: labels it learnt from; `metric`: of the
 * hold-out; the lower end of its interval counts, so that luck does not end a loop.
 */
export function stopReason(
  stop: LoopSpec['stop'],
  now: { cycle: number; trainLabels: number; metric: Measured },
): string | null {
  if (stop.metric !== undefined && now.metric.low >= stop.metric)
    return `${now.metric.name} is at least ${now.metric.low.toFixed(3)} with 95 % confidence (target ${stop.metric})`;
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
