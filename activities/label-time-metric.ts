import { activityInfo, metricMeter } from '@temporalio/activity';

/** Tells Prometheus what an annotation that was written now took its person; the name is that of docs/operating.md. @param seconds - Null: Label Studio does not say. */
export function countLabelTime(seconds: number | null): void {
  if (seconds === null || seconds <= 0) return;
  metricMeter
    .withTags({ loop: activityInfo().workflowExecution?.workflowId ?? '' })
    .createCounter('labelloop_annotation_seconds', 's', "People's time in annotations written.")
    .add(Math.round(seconds));
}
