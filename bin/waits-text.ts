import type { LoopReport } from '../client/loop-status.ts';
import type { PendingStep } from '../client/pending-steps.ts';
import { minuteOf } from './minute-of.ts';

type LoopStatus = NonNullable<LoopReport['status']>;

/** What a running loop waits for, since when, and what would let it go on: a sentence each. */
export function waitsText({ state, status, pending }: LoopReport): string[] {
  if (!status || state !== 'RUNNING') return [];
  return [
    ...(status.phase === 'paused' ? [pausedText(status)] : []),
    ...(status.phase === 'wait for annotations' ? [peopleText(status)] : []),
    ...pending.map(stepText),
    ...(status.wishes ?? []).map((wish) => `Asked for, and done at the end of this step: ${wish}.`),
    ...(status.steered === undefined ? [] : [`Done last: ${status.steered}`]),
  ];
}

function pausedText({ pausedBy, sinceMs }: LoopStatus): string {
  const who = pausedBy ? `${pausedBy.by} paused it: ${pausedBy.why}` : 'its rules want a word (stop.ask)';
  return `Waits for a person since ${minuteOf(sinceMs)}; ${who}. "labelloop resume" lets it go on.`;
}

function peopleText({ sinceMs, settled, deadlineMs }: LoopStatus): string {
  const since = `Waits for people since ${minuteOf(sinceMs)}`;
  if (settled === null) return `${since}; their answers have not been counted yet.`;
  const more = Math.max(settled.needed - settled.settled, 0);
  const deadline = deadlineMs === null ? '' : `, the deadline on ${minuteOf(deadlineMs)}`;
  return (
    `${since}; ${settled.settled} of ${settled.needed} tasks that are enough are answered or skipped. ` +
    `${more} more${deadline}, or "labelloop close-review" let it go on.`
  );
}

function stepText({
  step,
  queue,
  attempt,
  sinceMs,
  isRunning,
  isServed,
  lastFailure,
  nextTryMs,
}: PendingStep): string {
  const failed = lastFailure === null ? '' : `; try ${attempt - 1} failed: ${firstLine(lastFailure)}`;
  if (!isServed)
    return (
      `Waits for a worker since ${minuteOf(sinceMs)}: nobody serves the queue "${queue ?? ''}", where ${step} stands${failed}. ` +
      `Start one with "labelloop worker --queues ${queueName(queue)}".`
    );
  if (isRunning) return `At work since ${minuteOf(sinceMs)}: ${step}, try ${attempt}${failed}`;
  if (lastFailure !== null)
    return `Waits to try ${step} again${nextTryMs === null ? '' : ` at ${minuteOf(nextTryMs)}`}${failed}`;
  return `Waits for a free worker since ${minuteOf(sinceMs)}: ${step} stands in the queue "${queue ?? ''}".`;
}

/** `labelloop-train` is served by `--queues train`. */
function queueName(queue: string | null): string {
  return queue?.replace(/^labelloop-/, '') ?? 'loop';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}
