import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type NativeConnection } from '@temporalio/worker';
import { FailureInterceptor } from '../../activities/failure-interceptor.ts';
import type { Activities } from '../../activities/index.ts';
import { queueBeside } from '../../core/task-queues.ts';
import type { Tracing } from '../../services/temporal/tracing.ts';
import { startTemporalServer } from './temporal-server.ts';
import { removeWorkflowBundle, writeWorkflowBundle } from './workflow-bundle.ts';

export interface TestTemporal {
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
  readonly address: string;
  /** The workflows, bundled. */
  readonly bundle: { readonly codePath: string };
  /** A loop queue that no other test uses; its name holds the test's title. */
  readonly uniqueQueue: () => string;
  /** Serves a loop queue and its siblings for infer and train with these activities while `body` runs. */
  readonly withWorkers: <T>(
    input: {
      taskQueue: string;
      activities: Partial<Activities>;
      codePath?: string;
      payloadCodecs?: PayloadCodec[];
      tracing?: Tracing;
    },
    body: () => Promise<T>,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** The run's Temporal server and workflow bundle, made by the global setup; where there are none, its own. */
export async function testEnvironment(): Promise<TestTemporal> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
  const { LABELLOOP_TEST_TEMPORAL: address, LABELLOOP_TEST_BUNDLE: shared } = process.env;
  const environment = address
    ? await TestWorkflowEnvironment.createFromExistingServer({ address })
    : await startTemporalServer();
  const codePath = shared ?? (await writeWorkflowBundle());
  const { client, nativeConnection } = environment;
  return {
    client,
    nativeConnection,
    address: environment.address,
    bundle: { codePath },
    uniqueQueue,
    withWorkers: async (input, body) => {
      const { taskQueue, activities, tracing } = input;
      const common = {
        connection: nativeConnection,
        activities,
        dataConverter: { payloadCodecs: input.payloadCodecs ?? [] },
        interceptors: {
          activity: [...(tracing ? [tracing.activity] : []), () => ({ inbound: new FailureInterceptor() })],
        },
        ...(tracing && { sinks: tracing.sinks }),
        shutdownGraceTime: 0,
        // A cancellation comes with the answer to a heartbeat, so heartbeats are not held back.
        maxHeartbeatThrottleInterval: 100,
        shutdownForceTime: 5000,
      };
      const workers = await Promise.all([
        Worker.create({ ...common, taskQueue, workflowBundle: { codePath: input.codePath ?? codePath } }),
        Worker.create({ ...common, taskQueue: queueBeside(taskQueue, 'infer') }),
        Worker.create({ ...common, taskQueue: queueBeside(taskQueue, 'train') }),
      ]);
      return workers.reduce((inner, worker) => () => worker.runUntil(inner), body)();
    },
    close: async () => {
      await environment.teardown();
      if (!shared) await removeWorkflowBundle(codePath);
    },
  };
}

let queues = 0;

function uniqueQueue(): string {
  const title = expect.getState().currentTestName ?? 'test';
  const words = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${words.slice(0, 80)}-${process.pid}-${Date.now()}-${++queues}-loop`;
}
