import type { LoopSpec } from './loop-spec.ts';
import { stopChecks, type StopFacts } from './stop-checks.ts';

/**
 * Why the loop ends after a model was measured, or null to go on. Numbers are in the sentence.
 *
 * `stop.when` says whether one of the rules that ask whether the model is done is enough, or all that are given must hold. A budget
 * (labels, hours, date, cycles) ends the loop by itself: it is what may be spent, not a sign that the model is done.
 */
export function stopReason(stop: LoopSpec['stop'], facts: StopFacts): string | null {
  const { done, spent } = stopChecks(stop, facts);
  const met = done.filter(({ isMet }) => isMet);
  if (met.length > 0 && (stop.when !== 'all' || met.length === done.length))
    return met.map(({ text }) => text).join('; ');
  return spent.find(({ isMet }) => isMet)?.text ?? null;
}

/** What was decided after a measurement, rule by rule, for the log: `goes on: [ ] macro recall is …; [x] …`. */
export function stopDecision(stop: LoopSpec['stop'], facts: StopFacts): string {
  const { done, spent } = stopChecks(stop, facts);
  const rules = [...done, ...spent].map(({ isMet, text }) => `[${isMet ? 'x' : ' '}] ${text}`);
  return `${stopReason(stop, facts) === null ? 'goes on' : 'ends'}: ${rules.join('; ')}`;
}

/** When the loop's time is over, in ms since 1970; Infinity without a limit. */
export function timeLimitMs({ hours, date }: LoopSpec['stop'], startedMs: number): number {
  return Math.min(
    hours === undefined ? Infinity : startedMs + hours * 3_600_000,
    date === undefined ? Infinity : Date.parse(date),
  );
}

/** Images the next batch may hold under the label budget. @param labels - Bought so far, second opinions included. */
export function affordableImages(spec: Pick<LoopSpec, 'stop' | 'selection'>, labels: number): number {
  const left = spec.stop.labels === undefined ? Infinity : Math.max(spec.stop.labels - labels, 0);
  return Math.min(spec.selection.maxImages, left);
}
