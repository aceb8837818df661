import type { LoopStatus } from '../workflows/messages.ts';

/** One line of what a loop is doing now. */
export function progressLine(name: string, status: LoopStatus, imagesPerSecond: number | null): string {
  const parts = [name.padEnd(16), `cycle ${status.cycle}`, status.paused ? 'paused' : status.phase];
  const { inference, latest, reviews } = status;
  if (inference)
    parts.push(
      `${inference.shardsDone}/${inference.shards} shards` +
        (imagesPerSecond === null ? '' : `, ${imagesPerSecond.toFixed(0)} images/s`),
    );
  if (status.phase === 'wait for annotations') {
    const answered = reviews.reduce((sum, review) => sum + review.answered, 0);
    const tasks = reviews.reduce((sum, review) => sum + review.tasks, 0);
    parts.push(`${answered}/${tasks} tasks answered`);
  }
  if (latest)
    parts.push(`${latest.trainLabels} labels`, `${latest.metric.name} ${latest.metric.value.toFixed(3)}`);
  return parts.join('  ');
}
