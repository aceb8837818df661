import { armText } from '../core/arm-gain.ts';
import { championText } from '../core/evaluation/champion-text.ts';
import { enrichedSentences } from '../core/enriched-images.ts';
import { measuredText } from '../core/metrics/measured.ts';
import { batchSentence } from '../core/opinions/batch-sentence.ts';
import { opinionSentences } from '../core/opinions/opinion-sentences.ts';
import { refusedSentences } from '../core/refused-sentences.ts';
import { staleSentences } from '../core/stale.ts';
import type { LoopStatus } from './messages.ts';

/** The loop's state as Markdown, for the head of its page in the Temporal UI. */
export function currentDetails(status: LoopStatus): string {
  const lines = [`**${status.loop}**: cycle ${status.cycle}, ${status.paused ? 'paused' : status.phase}`];
  const { latest, inference, images } = status;
  if (images) lines.push(...enrichedSentences(images));
  if (latest)
    lines.push(
      `**${measuredText(latest.metric)}** on ${latest.holdOut} hold-out images, ${latest.trainLabels} training labels` +
        (latest.runUrl === undefined ? '' : `, [MLflow run](${latest.runUrl})`),
      championText(latest),
      ...(latest.arm ? [armText(latest.arm)] : []),
      ...batchSentence(latest),
    );
  if (status.decision !== null) lines.push(`The loop ${status.decision}`);
  if (inference) lines.push(`Inference: ${inference.shardsDone} of ${inference.shards} shards`);
  for (const { title, url, tasks, answered, skipped } of status.reviews)
    lines.push(`- [${title}](${url}): ${answered} of ${tasks} answered, ${skipped} skipped`);
  lines.push(...opinionSentences(status.reviews));
  if (status.suggestions !== undefined) lines.push(status.suggestions);
  if (status.cost !== undefined) lines.push(status.cost);
  lines.push(...refusedSentences(status), ...staleSentences(status.stale));
  if (status.ended) lines.push(`Ended: ${status.ended}`);
  return lines.join('\n\n');
}
