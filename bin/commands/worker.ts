import { Command, InvalidArgumentError } from 'commander';
import { queueNames, taskQueue, type QueueName } from '../../core/task-queues.ts';
import { stopSignal } from '../stop-signal.ts';

interface Flags {
  readonly queues: readonly QueueName[];
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** `labelloop worker --queues loop,infer,train`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('carry out the steps of the loops of one repository; start as many as you like')
    .option('--queues <list>', `what to serve, of ${queueNames.join(', ')}`, parseQueues, [
      'loop',
      'infer',
      'train',
    ] satisfies QueueName[])
    .addHelpText(
      'after',
      `
The servers and their keys are read from the environment: LABELLOOP_REPO, DAGSHUB_USER_TOKEN, DAGSHUB_CLIENT_HOST, MLFLOW_TRACKING_URI,
LABEL_STUDIO_URL, LABEL_STUDIO_API_KEY, LABELLOOP_WEBHOOK_URL, LABELLOOP_WEBHOOK_SECRET, LABELLOOP_WORK_DIR, LABELLOOP_INFER_THREADS, LABELLOOP_INFER_DEVICE,
LABELLOOP_IMAGE_CACHE_MB, LABELLOOP_TRAIN_DEVICE, LABELLOOP_METRICS_ADDRESS, LABELLOOP_REMINDER_URL, LABELLOOP_PAYLOAD_KEYS, LABELLOOP_BUILD_ID,
TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other variables of Temporal.

Examples:
  labelloop --env-file .labelloop/stack.env worker
  labelloop worker --queues train-gpu`,
    )
    .action(async (_: unknown, command: Command) => {
      const { queues, json, verbose } = command.optsWithGlobals<Flags>();
      const { readWorkerConfig } = await import('../../workers/config.ts');
      const config = readWorkerConfig(process.env, queues);
      const [{ runWorkers }, { workerLogger }, { startTracing }] = await Promise.all([
        import('../../workers/run-workers.ts'),
        import('../../workers/worker-logger.ts'),
        import('../../services/temporal/tracing.ts'),
      ]);
      const { address = '' } = config.temporal.connection;
      const tracing = await startTracing('labelloop-worker', process.env);
      await runWorkers({
        queues,
        config,
        signal: stopSignal(),
        tracing,
        logger: workerLogger(verbose ? 'DEBUG' : 'WARN'),
        onReady: () =>
          console.log(
            json
              ? JSON.stringify({ ready: true, repo: config.repo, taskQueues: queues.map(taskQueue), address })
              : `Worker ready: ${queues.join(', ')} of ${config.repo}, Temporal at ${address}. Ctrl-C ends it.`,
          ),
      }).finally(() => tracing?.close());
    });
}

function parseQueues(text: string): QueueName[] {
  const names = text.split(',').map((name) => name.trim());
  const queues = queueNames.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !queueNames.some((queue) => queue === name));
  if (unknown.length > 0 || queues.length === 0)
    throw new InvalidArgumentError(
      `There is no "${unknown.join(', ')}"; the queues are ${queueNames.join(', ')}.`,
    );
  return queues;
}
