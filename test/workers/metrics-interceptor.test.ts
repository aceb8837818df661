import type { MetricMeter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { MetricsInterceptor } from '../../workers/metrics-interceptor.ts';

type Tags = Record<string, string | number | boolean>;

/** Writes down what it is told, in the form of Prometheus. */
class Lines {
  readonly lines: string[] = [];
  meter(tags: Tags = {}): MetricMeter {
    const record =
      (name: string) =>
      (value: number, more: Tags = {}) => {
        const labels = Object.entries({ ...tags, ...more }).map(([key, text]) => `${key}="${text}"`);
        this.lines.push(`${name}{${labels.join(',')}} ${value}`);
      };
    return {
      createGauge: (name: string) => ({ set: record(name) }),
      createCounter: (name: string) => ({ add: record(name) }),
      withTags: (more: Tags) => this.meter({ ...tags, ...more }),
    } as unknown as MetricMeter;
  }
}

const noonMs = Date.UTC(2026, 10, 26, 12);
beforeEach(() => void jest.spyOn(Date, 'now').mockReturnValue(noonMs));
afterEach(() => jest.restoreAllMocks());

async function linesOf(activityType: string, result: unknown): Promise<string[]> {
  const written = new Lines();
  const environment = new MockActivityEnvironment(
    { activityType, workflowExecution: { workflowId: 'labelloop.team.images.teeth', runId: 'a' } },
    {
      interceptors: [() => ({ inbound: new MetricsInterceptor() })],
      logger: new DefaultLogger('ERROR'),
      metricMeter: written.meter(),
    },
  );
  await expect(environment.run(async () => result)).resolves.toBe(result);
  return written.lines.map((line) => line.replace(/namespace.*loop="labelloop.team.images.teeth"/, 'loop'));
}

test.each([
  [
    'assignSplits',
    { splits: { train: 60, valid: 30, test: 10 }, ungrouped: 0, foreign: 0 },
    [
      'labelloop_images{loop,split="train"} 60',
      'labelloop_images{loop,split="valid"} 30',
      'labelloop_images{loop,split="test"} 10',
    ],
  ],
  ['trainModel', { trainLabels: 120 }, ['labelloop_train_labels{loop} 120']],
  [
    'evaluateModel',
    { metric: { name: 'mAP@.5', value: 0.8, low: 0.75, high: 0.84 } },
    [
      'labelloop_metric{loop,metric="mAP@.5",end="value"} 0.8',
      'labelloop_metric{loop,metric="mAP@.5",end="low"} 0.75',
      'labelloop_metric{loop,metric="mAP@.5",end="high"} 0.84',
    ],
  ],
  [
    'inferShard',
    { predicted: 990, skipped: 8, unreadable: 2 },
    ['labelloop_images_predicted{loop} 990', 'labelloop_images_unreadable{loop} 2'],
  ],
  ['selectBatch', { selected: 20, pool: 900 }, ['labelloop_pool{loop} 900', 'labelloop_selected{loop} 20']],
  [
    'readReview',
    [
      { tasks: 20, answered: 12, skipped: 1, openSinceMs: noonMs - 90_000 },
      { tasks: 3, answered: 2, skipped: 0, openSinceMs: noonMs - 60_000 },
      { tasks: 5, answered: 5, skipped: 0 },
    ],
    [
      'labelloop_tasks{loop,state="answered"} 19',
      'labelloop_tasks{loop,state="skipped"} 1',
      'labelloop_tasks{loop,state="open"} 8',
      'labelloop_oldest_open_task_age_seconds{loop} 90',
    ],
  ],
  [
    'readReview',
    [{ tasks: 5, answered: 5, skipped: 0 }],
    [
      'labelloop_tasks{loop,state="answered"} 5',
      'labelloop_tasks{loop,state="skipped"} 0',
      'labelloop_tasks{loop,state="open"} 0',
      'labelloop_oldest_open_task_age_seconds{loop} 0',
    ],
  ],
  ['collectAnnotations', [{ collected: 3 }, { collected: 4 }], ['labelloop_annotations_collected{loop} 7']],
  ['openReview', { projectId: 3 }, []],
])('%s tells what it did', async (activityType, result, lines) => {
  expect(await linesOf(activityType, result)).toEqual(lines);
});
