import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isGrpcServiceError } from '@temporalio/client';
import {
  IllegalStateError,
  NativeConnection,
  Runtime,
  Worker,
  type Logger,
  type WorkerDeploymentOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import { FailureInterceptor } from '../activities/failure-interceptor.ts';
import { DomainError, ServiceUnavailableError } from '../core/errors.ts';
import { missingSearchAttributes } from '../core/missing-search-attributes.ts';
import { taskQueue, type QueueName } from '../core/task-queues.ts';
import { checkInferDevice } from '../models/runner/infer-device.ts';
import type { WorkerConfig } from './config.ts';
import type { Tracing } from '../services/temporal/tracing.ts';
import { createDeps, type WorkerDeps } from './create-deps.ts';
import { MetricsInterceptor } from './metrics-interceptor.ts';
import { queueActivities } from './queue-activities.ts';
import { RepositoryGuard } from './repository-guard.ts';
import { workerLogger } from './worker-logger.ts';

export interface RunWorkersInput {
  readonly queues: readonly QueueName[];
  readonly config: WorkerConfig;
  /** Aborting lets activities end within the grace time, then cancels them, then returns. */
  readonly signal: AbortSignal;
  /** Called once all queues are served. */
  readonly onReady?: () => void;
  /** What activities use, closed at the end. Default: the real systems that the configuration names. */
  readonly deps?: WorkerDeps;
  /** Makes traces; none by default. */
  readonly tracing?: Pick<Tracing, 'activity' | 'sinks'> | null;
  /** Only the first call in a process sets it. Default: warnings and errors to stderr. */
  readonly logger?: Logger;
}

/** What Temporal calls the versions of our workers together. */
export const deploymentName = 'labelloop';

/** Activities at once on one worker. A training takes the machine; a shard takes all inference threads. */
const slots: Record<QueueName, number> = { loop: 20, infer: 1, train: 1, 'train-gpu': 1 };

/**
 * Serves task queues until the signal aborts: one Temporal worker a queue, over one connection.
 *
 * @throws ServiceUnavailableError when Temporal does not answer, DomainError when it lacks a search attribute, or this
 * machine the device that inference is to compute on; else whatever ended a worker.
 */
export async function runWorkers({
  queues,
  config,
  signal,
  onReady,
  deps = createDeps(config),
  tracing = null,
  logger,
}: RunWorkersInput): Promise<void> {
  // First: a runtime that never had a connection keeps the process alive.
  if (queues.includes('infer') && config.inferDevice !== 'cpu') await checkInferDevice(config.inferDevice);
  installRuntime(logger ?? workerLogger('WARN'), config.metricsAddress);
  const connection = await connect(config);
  try {
    await checkSearchAttributes(connection, config.temporal.namespace);
    const workers: Worker[] = [];
    for (const queue of new Set(queues))
      workers.push(await Worker.create(workerOptions(queue, config, connection, deps, tracing)));
    await runAll(workers, signal, onReady);
  } finally {
    await deps.close();
    await connection.close();
  }
}

function workerOptions(
  queue: QueueName,
  config: WorkerConfig,
  connection: NativeConnection,
  deps: WorkerDeps,
  tracing: RunWorkersInput['tracing'],
): WorkerOptions {
  return {
    connection,
    namespace: config.temporal.namespace,
    dataConverter: { payloadCodecs: config.temporal.payloadCodecs },
    taskQueue: taskQueue(queue),
    activities: queueActivities(queue, deps),
    ...(queue === 'loop' && { workflowsPath: workflowFile('index') }),
    maxConcurrentActivityTaskExecutions: slots[queue],
    workerDeploymentOptions: deploymentOptions(config.buildId),
    ...(tracing && { sinks: tracing.sinks }),
    interceptors: {
      ...(tracing && { workflowModules: [workflowFile('trace-interceptors')] }),
      activity: [
        ...(tracing ? [tracing.activity] : []),
        () => ({ inbound: new FailureInterceptor() }),
        () => ({ inbound: new MetricsInterceptor() }),
        () => ({ inbound: new RepositoryGuard(config.repo) }),
      ],
    },
    // A cancellation comes with the answer to a heartbeat, so heartbeats may not be held back for long.
    defaultHeartbeatThrottleInterval: '5 seconds',
    maxHeartbeatThrottleInterval: '5 seconds',
    shutdownGraceTime: '10 seconds',
    // A trainer that is told to stop may take 15 s for its checkpoint.
    shutdownForceTime: '45 seconds',
  };
}

/**
 * A worker's version stands in a third of a history's events. By default it is a hash of the bundle: 2.5 KB more a cycle, and no word of which
 * labelloop it was.
 */
function deploymentOptions(buildId: string | null): WorkerDeploymentOptions {
  if (buildId === null)
    return { version: { deploymentName, buildId: version() }, useWorkerVersioning: false };
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    // Loops live for months, and every version replays the histories of the ones before.
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  };
}

/** Runs until the signal, or until one of them fails: then the others are shut down and the failure is thrown. */
async function runAll(workers: readonly Worker[], signal: AbortSignal, onReady?: () => void): Promise<void> {
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runs = workers.map((worker) => worker.run());
  signal.addEventListener('abort', shutdown, { once: true });
  if (signal.aborted) shutdown();
  else onReady?.();
  try {
    await Promise.all(runs);
  } finally {
    signal.removeEventListener('abort', shutdown);
    shutdown();
    await Promise.allSettled(runs);
  }
}

/** A process has one runtime; who comes second uses the first one's. Signals are the caller's, who aborts. */
function installRuntime(logger: Logger, metricsAddress: string | null): void {
  if (runtimeIsInstalled) return;
  runtimeIsInstalled = true;
  try {
    Runtime.install({
      logger,
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(metricsAddress !== null && {
          metrics: { prometheus: { bindAddress: metricsAddress, countersTotalSuffix: true } },
        }),
      },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
let runtimeIsInstalled = false;

async function connect({ temporal }: WorkerConfig): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(temporal.connection);
  } catch (cause) {
    throw new ServiceUnavailableError(
      `Temporal at ${temporal.connection.address ?? ''} does not answer (${firstLine(cause)}); ` +
        `start one with "labelloop stack", or set TEMPORAL_ADDRESS.`,
      { cause },
    );
  }
}

/** gRPC: permission denied, unimplemented. Temporal Cloud keeps the list to itself. */
const notForUs = new Set([7, 12]);

async function checkSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const problem = missingSearchAttributes(customAttributes, namespace);
    if (problem !== null) throw new DomainError(problem);
  } catch (error) {
    if (!(isGrpcServiceError(error) && notForUs.has(error.code))) throw error;
  }
}

/** The sources when run from source, else their compiled form. */
function workflowFile(name: string): string {
  return fileURLToPath(new URL(`../workflows/${name}${extname(fileURLToPath(here()))}`, here()));
}

/** Jest gives a path where Node gives an URL. */
function here(): string {
  return import.meta.url.startsWith('file:') ? import.meta.url : `file://${import.meta.url}`;
}

function version(): string {
  const file = new URL(here().endsWith('.ts') ? '../package.json' : '../../package.json', here());
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
