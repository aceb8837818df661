import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
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
import { removeWorkflowBundle, writeWorkflowBundle } from '../../support/workflow-bundle.ts';

const spanSchema = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
});
const requestSchema = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({
        attributes: z.array(z.looseObject({ key: z.string(), value: z.unknown() })),
      }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(spanSchema) })),
    }),
  ),
});
type Span = z.output<typeof spanSchema>;

let temporal: TestTemporal;
/** An OTLP collector that keeps what it is sent, and answers everything else with JSON, as a service would. */
let server: Server;
/** The workflows, bundled as by a worker that traces. */
let codePath: string;
let url: string;
let spans: Span[];
let services: Set<string>;
let traceparents: (string | undefined)[];
let tracing: Tracing | null = null;
const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];

beforeAll(async () => {
  temporal = await testEnvironment();
  codePath = await writeWorkflowBundle(undefined, [
    join(__dirname, '../../../workflows/trace-interceptors.ts'),
  ]);
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
  await removeWorkflowBundle(codePath);
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
  const { connection, options } = temporal.client;
  const interceptors = { workflow: [tracing!.client] };
  const client = new Client({ connection, namespace: options.namespace, interceptors });
  const http = new Http({ service: 'A service', baseUrl: url });
  const { activities } = new LoopStubs({
    checkConnections: async () => {
      await http.json({ method: 'GET', path: '/asked' }, z.looseObject({}));
      return [];
    },
  });
  const taskQueue = temporal.uniqueQueue();
  await temporal.withWorkers({ taskQueue, activities, codePath, tracing: tracing! }, async () => {
    const spec = loopSpec({ loop: `traced-${Date.now()}`, stop: { cycles: 1 } });
    const { workflowId } = await startLoop(client, spec, taskQueue);
    await client.workflow.result(workflowId);
  });
  await tracing!.close();
  tracing = null;

  const [started] = named('StartWorkflow:activeLearningLoop');
  const [activity] = named('RunActivity:checkConnections');
  const [call] = named('GET');
  const { traceId } = started!;
  const runs = named('RunWorkflow:activeLearningLoop');
  // Cycle 0, cycle 1, and the one that finds the end.
  expect(runs.map((run) => run.traceId)).toEqual([traceId, traceId, traceId]);
  expect(runs.map((run) => run.parentSpanId)).toEqual([started!.spanId, runs[0]!.spanId, runs[1]!.spanId]);
  expect([activity!.traceId, activity!.parentSpanId]).toEqual([traceId, runs[0]!.spanId]);
  expect(named('RunActivity:trainModel').map((one) => one.parentSpanId)).toEqual([
    runs[1]!.spanId,
    runs[2]!.spanId,
  ]);
  expect([call!.traceId, call!.parentSpanId]).toEqual([traceId, activity!.spanId]);
  expect(traceparents).toEqual([`00-${traceId}-${call!.spanId}-01`]);
  expect([...services]).toEqual([JSON.stringify({ stringValue: 'labelloop-test' })]);
}, 60_000);

test('histories of loops that were not traced are replayed by workers that trace', async () => {
  const folder = join(__dirname, '../../replay');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const histories = await Promise.all(
    files.map(async (name) => {
      const history: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
      return { workflowId: name, history };
    }),
  );
  const replayed: unknown[] = [];
  const sinks = { exporter: { export: { fn: () => undefined } } };
  const options = { workflowBundle: { codePath }, sinks };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    replayed.push([workflowId, error]);
  expect(replayed.sort()).toEqual(files.sort().map((name) => [name, undefined]));
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
