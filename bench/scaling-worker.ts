/**
 * `scaling-worker.ts TEMPORAL ENGINE REPO TOKEN MODEL_DIR WORK_DIR DATASOURCE ROOT`: a worker for the shards of `scaling.ts`. Prints a line once it
 * is warm.
 */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { FailureInterceptor } from '../activities/failure-interceptor.ts';
import type { EvaluateModelInput, EvaluateModelResult } from '../activities/evaluate-model.ts';
import { inferShardActivity } from '../activities/infer-shard.ts';
import { defaultBoxRule } from '../core/scores/box-aggregates.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { glyphClasses } from '../test/support/glyphs.ts';
import { runActivity } from '../test/support/run-activity.ts';
import { ThreadLossLearner } from '../workers/thread-loss-learner.ts';
import { folderTracker } from './folder-tracker.ts';

const [
  address = '',
  host = '',
  repo = '',
  token = '',
  modelDir = '',
  workDir = '',
  datasourceId = '',
  rootUrl = '',
] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
const runner = new LocalModelRunner({ threads: 1 });
const deps = {
  engine: new DagsHubDataEngine({ host, repo, token }),
  runner,
  tracker: folderTracker(modelDir),
  workDir,
  losses: new ThreadLossLearner(),
};
const activities = {
  ...inferShardActivity(deps),
  evaluateModel: ({ runId }: EvaluateModelInput): Promise<EvaluateModelResult> =>
    Promise.resolve({
      holdOut: 1,
      metric: { name: 'macro recall', value: 0.5, low: 0.4, high: 0.6 },
      others: {},
      unreadable: 0,
      champion: { runId, cycle: 1, reason: 'the first model' },
    }),
};
// What a process does for the first time takes longer, so it has been done before anything is counted.
await runActivity(activities.inferShard, {
  runId: `warm-${process.pid}`,
  datasource: { id: datasourceId, rootUrl },
  shard: { after: null, images: 32 },
  rule: { score: 'margin' as const, boxes: defaultBoxRule },
  scheme: { task: 'classification' as const, classes: glyphClasses },
});
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: 'scaling-infer',
  activities,
  maxConcurrentActivityTaskExecutions: 1,
  interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
});
process.once('SIGTERM', () => worker.shutdown());
console.log('ready');
await worker.run();
await runner.close();
await connection.close();
