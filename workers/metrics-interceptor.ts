import { activityInfo, metricMeter } from '@temporalio/activity';
import type { MetricMeter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Activities } from '../activities/index.ts';

type Results = { readonly [Name in keyof Activities]: Awaited<ReturnType<Activities[Name]>> };
type Recorders = {
  readonly [Name in keyof Activities]?: (result: Results[Name], meter: MetricMeter) => void;
};

/** What a step that ended tells of its loop. Names and labels are those of docs/operating.md. */
const recorders: Recorders = {
  assignSplits: ({ splits }, meter) => {
    const images = meter.createGauge('labelloop_images', 'int', undefined, 'Images by split.');
    for (const [split, count] of Object.entries(splits)) images.set(count, { split });
  },
  trainModel: ({ trainLabels }, meter) => {
    meter
      .createGauge('labelloop_train_labels', 'int', undefined, 'Labels that the newest model learnt from.')
      .set(trainLabels);
  },
  evaluateModel: ({ metric }, meter) => {
    const gauge = meter.createGauge(
      'labelloop_metric',
      'float',
      undefined,
      'The newest model on the hold-out, 0 to 1.',
    );
    for (const end of ['value', 'low', 'high'] as const) gauge.set(metric[end], { metric: metric.name, end });
  },
  inferShard: ({ predicted, unreadable }, meter) => {
    meter
      .createCounter('labelloop_images_predicted', undefined, 'Images that a model has seen.')
      .add(predicted);
    meter
      .createCounter('labelloop_images_unreadable', undefined, 'Images that a model could not see.')
      .add(unreadable);
  },
  selectBatch: ({ selected, pool }, meter) => {
    meter.createGauge('labelloop_pool', 'int', undefined, 'Scored images to choose from.').set(pool);
    meter.createGauge('labelloop_selected', 'int', undefined, 'Images of the newest batch.').set(selected);
  },
  readReview: (reviews, meter) => {
    const sum = (name: 'tasks' | 'answered' | 'skipped') =>
      reviews.reduce((total, one) => total + one[name], 0);
    const [answered, skipped] = [sum('answered'), sum('skipped')];
    const gauge = meter.createGauge(
      'labelloop_tasks',
      'int',
      undefined,
      'Tasks of the open reviews by state.',
    );
    gauge.set(answered, { state: 'answered' });
    gauge.set(skipped, { state: 'skipped' });
    gauge.set(sum('tasks') - answered - skipped, { state: 'open' });
    const now = Date.now();
    const ages = reviews.map(({ openSinceMs = now }) => Math.max(Math.round((now - openSinceMs) / 1000), 0));
    meter
      .createGauge(
        'labelloop_oldest_open_task_age_seconds',
        'int',
        's',
        'How long the oldest task that nobody answered has waited.',
      )
      .set(Math.max(...ages, 0));
  },
  remindAnnotators: (_, meter) => {
    meter.createCounter('labelloop_reminders', undefined, 'Reminders of reviews that stand still.').add(1);
  },
  collectAnnotations: (reviews, meter) => {
    const collected = reviews.reduce((total, one) => total + one.collected, 0);
    meter.createCounter('labelloop_annotations_collected', undefined, 'Annotations written.').add(collected);
  },
};

/** Counts for Prometheus what each step did, beside Temporal's own metrics. The label `loop` is the workflow's id. */
export class MetricsInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const result = await next(input);
    const { activityType, workflowExecution } = activityInfo();
    const record = recorders[activityType as keyof Activities] as
      ((result: unknown, meter: MetricMeter) => void) | undefined;
    record?.(result, metricMeter.withTags({ loop: workflowExecution?.workflowId ?? '' }));
    return result;
  }
}
