import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { z } from 'zod';
import { Http } from '../../../services/http.ts';
import { startTracing, type Tracing } from '../../../services/temporal/tracing.ts';
import { startLoop } from '../../../client/start-loop.ts';
import { LoopStubs } from '../../support/loop-stubs.ts';
import { runHistories, untilPhase } from '../../support/loop-runs.ts';
import { loopSpec } from '../../support/loop-specs.ts';
import { testEnvironment, type TestTemporal } from '../../support/temporal.ts';

const spanSchema = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
});
const requestSchema = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes: z.array(z.looseObject({ key: z.string(), value: z.unknown() })) }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(spanSchema) })),
    }),
  ),
});
type Span = z.output<typeof spanSchema>;

let temporal: TestTemporal;
/** An OTLP collector that keeps what it is sent, and answers everything else with JSON, as a service would. */
let server: Server;
let url: string;
let spans: Span[];
let services: Set<string>;
let traceparents: (string | undefined)[];
let tracing: Tracing | null = null;
const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];

beforeAll(async () => {
  temporal = await testEnvironment();
  server = createServer((incoming, response) => {
    void incoming.toArray().then((pieces) => {
      const body = Buffer.concat(pieces as Buffer[]).toString();
      if (incoming.url === '/v1/traces') keep(body);
      else traceparents.push(incoming.headers['traceparent'] as string | undefined);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  spans = [];
  traceparents = [];
  services = new Set();
});
afterEach(async () => {
  await tracing?.close();
  tracing = null;
  if (endpoint === undefined) delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await temporal.close();
});

function keep(body: string): void {
  for (const { resource, scopeSpans } of requestSchema.parse(JSON.parse(body)).resourceSpans) {
    for (const { key, value } of resource.attributes)
      if (key === 'service.name') services.add(JSON.stringify(value));
    for (const scope of scopeSpans) spans.push(...scope.spans);
  }
}

test('client, workflow, activity and its HTTP call are one trace, at the collector of the environment', async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = url;
  tracing = await startTracing('labelloop-test', process.env);
  const plugins = [tracing!.plugin];
  const { connection, options } = temporal.client;
  const client = new Client({ connection, namespace: options.namespace, plugins });
  const http = new Http({ service: 'A service', baseUrl: url });
  const stubs = new LoopStubs({
    checkConnections: async () => {
      await http.json({ method: 'GET', path: '/asked' }, z.looseObject({}));
      return [];
    },
  });
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowsPath: join(__dirname, '../../../workflows/index.ts'),
    activities: stubs.activities,
    plugins,
  });
  const spec = loopSpec({ loop: `traced-${Date.now()}` });
  await worker.runUntil(async () => {
    const { workflowId } = await startLoop(client, spec, taskQueue);
    const handle = client.workflow.getHandle(workflowId);
    await untilPhase(handle as never, 'wait for annotations');
    await handle.terminate();
  });
  await tracing!.close();
  tracing = null;

  const [started] = named('StartWorkflow:activeLearningLoop');
  const [activity] = named('RunActivity:checkConnections');
  const [run] = named('RunWorkflow:activeLearningLoop');
  const [call] = named('GET');
  const { traceId } = started!;
  expect([activity!.traceId, call!.traceId]).toEqual([traceId, traceId]);
  expect(call!.parentSpanId).toBe(activity!.spanId);
  expect(traceparents).toEqual([`00-${traceId}-${call!.spanId}-01`]);
  expect(named('StartActivity:checkConnections')[0]!.traceId).toBe(traceId);
  expect(run === undefined || run.traceId === traceId).toBe(true);
  expect([...services]).toEqual([JSON.stringify({ stringValue: 'labelloop-test' })]);
}, 60_000);

test('without the variable nothing is traced, and no header stands in a history', async () => {
  expect(await startTracing('labelloop-test', {})).toBeNull();
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities: stubs.activities }, async () => {
    const spec = loopSpec({ loop: `untraced-${Date.now()}` });
    const { workflowId, runId } = await startLoop(temporal.client, spec, taskQueue);
    const handle = temporal.client.workflow.getHandle(workflowId);
    await untilPhase(handle as never, 'wait for annotations');
    const [history] = await runHistories(
      temporal.client,
      Object.assign(handle, { firstExecutionRunId: runId }) as never,
    );
    const headers = history!.events!.flatMap((event) => [
      event.workflowExecutionStartedEventAttributes?.header,
      event.activityTaskScheduledEventAttributes?.header,
    ]);
    expect(headers.flatMap((header) => Object.keys(header?.fields ?? {}))).toEqual([]);
    await handle.terminate();
  });
  expect(spans).toEqual([]);
});

function named(name: string): Span[] {
  return spans.filter((span) => span.name === name);
}
