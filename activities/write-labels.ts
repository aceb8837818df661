import { annotationBlob } from '../core/annotation-blob.ts';
import type { Answers } from '../core/answers/answers.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { StandingAnswer } from '../core/opinions/standing-answer.ts';
import type { ReviewedTask } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { countLabelTime } from './label-time-metric.ts';
import { lossEntry } from './loss-entry.ts';

/** An answer that becomes the label of its datapoint. */
export interface NewLabel {
  readonly task: ReviewedTask;
  readonly answer: StandingAnswer;
  readonly truth: Truth;
  /** That asked it. */
  readonly cycle: number;
  /** Hash of the prediction that stood before it. */
  readonly prediction: string | undefined;
}

/**
 * Writes answers into `annotation`, with their cycle and the loss of the prediction before them. `annotation_source`, by which they are known, goes
 * after the rest: an attempt that dies before writes the same annotations again.
 */
export async function writeLabels(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  { datasourceId, labels, answers }: { datasourceId: string; labels: readonly NewLabel[]; answers: Answers },
  signal: AbortSignal,
): Promise<void> {
  const entries: MetadataEntry[] = [];
  for (const label of labels) {
    entries.push(...annotationEntries(label));
    const { task, truth, prediction } = label;
    if (prediction !== undefined)
      entries.push(await lossEntry(deps, { path: task.key, prediction, truth }, answers, signal));
  }
  await deps.engine.updateMetadata({ datasourceId, entries }, signal);
  await deps.engine.updateMetadata({ datasourceId, entries: labels.map(sourceEntry) }, signal);
  for (const { answer } of labels)
    for (const one of [answer, ...(answer.originals ?? [])]) countLabelTime(one.leadTimeSeconds ?? null);
}

function annotationEntries({ task, answer: annotation, cycle }: NewLabel): MetadataEntry[] {
  const { key: path, imageUrl } = task;
  const value = annotationBlob({ imageUrl, annotation, originals: annotation.originals });
  return [
    { path, key: fields.annotation.name, valueType: 'BLOB', value },
    { path, key: fields.annotatedInCycle.name, valueType: 'INTEGER', value: cycle },
  ];
}

function sourceEntry({ task, answer }: NewLabel): MetadataEntry {
  const { name: key, valueType } = fields.annotationSource;
  return { path: task.key, key, valueType, value: answer.source };
}
