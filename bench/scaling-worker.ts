/** `scaling-worker.ts TEMPORAL ENGINE REPO TOKEN MODEL_DIR WORK_DIR`: a worker for the shards of `scaling.ts`. Prints a line once its model is loaded. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { FailureInterceptor } from '../activities/failure-interceptor.ts';
import type { Activities } from '../activities/index.ts';
import { inferShardActivity } from '../activities/infer-shard.ts';
import { modelFolder } from '../activities/model-folder.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { DagsHubDataEngine } from '../services/dagshub/data-engine.ts';
import { runActivity } from '../test/support/run-activity.ts';
import { folderTracker } from './folder-tracker.ts';

const [address = '', host = '', repo = '', token = '', modelDir = '', workDir = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
const runner = new LocalModelRunner({ threads: 1 });
const deps = {
  engine: new DagsHubDataEngine({ host, repo, token }),
  runner,
  tracker: folderTracker(modelDir),
  workDir,
};
const activities: Partial<Activities> = {
  ...inferShardActivity(deps),
  evaluateModel: ({ runId }) =>
    Promise.resolve({
      holdOut: 1,
      metric: { name: 'macro recall', value: 0.5, low: 0.4, high: 0.6 },
      others: {},
      unreadable: 0,
      champion: { runId, cycle: 1, reason: 'the first model' },
    }),
};
await runner.load(
  await runActivity((runId: string) => modelFolder(deps, runId, new AbortController().signal), 'any'),
);
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
