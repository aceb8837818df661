import { WorkflowNotFoundError } from '@temporalio/client';
import {
  startWebhookServer,
  type WebhookServer,
  type WebhookServerOptions,
} from '../../client/webhook-server.ts';
import { WebhookMetrics } from '../../client/webhook-metrics.ts';
import { until } from '../support/until.ts';

const secret = 'a-secret-of-some-length';
const loop = 'labelloop.team.images.teeth';

/** A Temporal that counts what it is asked, and can hang, fail or know nobody. */
class FakeTemporal {
  signals: string[] = [];
  lists = 0;
  running = [loop];
  phase: string | undefined = 'wait for annotations';
  mode: 'up' | 'hanging' | 'failing' | 'gone' = 'up';

  readonly client = {
    withDeadline: <T>(_: number | Date, call: () => Promise<T>) => call(),
    workflow: {
      getHandle: (workflowId: string) => ({
        describe: async () => ({
          status: { name: 'RUNNING' },
          typedSearchAttributes: { get: () => this.phase },
        }),
        signal: async () => {
          this.signals.push(workflowId);
          if (this.mode === 'hanging') await new Promise(() => undefined);
          if (this.mode === 'failing') throw new Error('unavailable');
          if (this.mode === 'gone') throw new WorkflowNotFoundError('gone', workflowId, undefined);
        },
      }),
      list: () => {
        this.lists += 1;
        return this.listed();
      },
    },
  } as unknown as WebhookServerOptions['client'];

  private async *listed() {
    if (this.mode === 'hanging') await new Promise(() => undefined);
    if (this.mode === 'failing') throw new Error('unavailable');
    for (const workflowId of this.running) yield { workflowId };
  }
}

let temporal: FakeTemporal;
let server: WebhookServer;
let warnings: string[];

async function start(options: Partial<WebhookServerOptions> = {}): Promise<void> {
  server = await startWebhookServer({
    client: temporal.client,
    secret,
    port: 0,
    logger: { info: () => undefined, warn: (message) => warnings.push(message) },
    ...options,
  });
}

beforeEach(() => {
  temporal = new FakeTemporal();
  warnings = [];
});
afterEach(() => server.close());

function post(
  body: unknown = { action: 'ANNOTATION_CREATED', project: { id: 7 } },
  { id = loop, headers = {} }: { id?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${server.url}/webhooks/label-studio/${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-labelloop-secret': secret, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const knowsLoop = { has: (id: string) => id === loop, drop: () => undefined };

test('an event wakes its loop', async () => {
  await start();
  const response = await post();
  expect(response.status).toBe(202);
  await until(() => temporal.signals.length > 0, 'the signal');
  expect(temporal.signals).toEqual([loop]);
});

test.each(['', 'wrong', `${secret}x`, secret.slice(1)])(
  'the secret "%s" is refused, whatever the loop',
  async (wrong) => {
    await start({ known: knowsLoop });
    for (const id of [loop, 'nobody'])
      expect((await post(undefined, { id, headers: { 'x-labelloop-secret': wrong } })).status).toBe(401);
    expect((await fetch(`${server.url}/webhooks/label-studio/${loop}`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(401);
    expect([temporal.signals, temporal.lists]).toEqual([[], 0]);
  },
);

test('a loop that does not run is not found, and Temporal hears nothing of it', async () => {
  await start({ known: knowsLoop });
  expect((await post(undefined, { id: 'labelloop.team.images.other' })).status).toBe(404);
  expect((await post(undefined, { id: `${loop}/..` })).status).toBe(404);
  expect([temporal.signals, temporal.lists]).toEqual([[], 0]);
});

test.each([
  ['no JSON', '{', 400],
  ['no action', {}, 400],
  ['a list', [], 400],
  ['an action that is no text', { action: 1 }, 400],
  ['more than 1 MB', { action: 'ANNOTATION_CREATED', annotation: 'x'.repeat(1_100_000) }, 413],
])('a body with %s is refused', async (_, body, status) => {
  await start({ known: knowsLoop });
  expect((await post(body)).status).toBe(status);
  expect(temporal.signals).toEqual([]);
});

test('1 MB is taken', async () => {
  await start({ known: knowsLoop });
  expect((await post({ action: 'ANNOTATION_CREATED', annotation: 'x'.repeat(1_000_000) })).status).toBe(202);
});

test.each([
  ['ANNOTATION_UPDATED', true],
  ['ANNOTATIONS_CREATED', true],
  ['ANNOTATIONS_DELETED', true],
  ['TASKS_DELETED', true],
  ['PROJECT_UPDATED', false],
  ['SOMETHING_NEW', false],
])('%s is accepted; wakes the loop: %s', async (action, wakes) => {
  await start({ known: knowsLoop });
  const response = await post({ action });
  expect(response.status).toBe(202);
  await expect(response.json()).resolves.toEqual({ wakes });
  // Closing sends what waits.
  await server.close();
  expect(temporal.signals).toHaveLength(wakes ? 1 : 0);
});

test('fifty events at once are two signals: the first, and one after the last', async () => {
  await start({ known: knowsLoop, quietMs: 1000 });
  const beganMs = Date.now();
  await post();
  await until(() => temporal.signals.length === 1, 'the first signal');
  const answers = await Promise.all(Array.from({ length: 49 }, () => post()));
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  const seconds = (Date.now() - beganMs) / 1000;
  await until(() => temporal.signals.length > 1, 'the second signal');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  // And one a second, where they need longer than that.
  expect(temporal.signals.length).toBeLessThanOrEqual(2 + seconds);
});

test('a lone event is one signal, and a later one is another', async () => {
  await start({ known: knowsLoop, quietMs: 20 });
  await post();
  await until(() => temporal.signals.length === 1, 'the first signal');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(temporal.signals).toHaveLength(1);
  await post();
  await until(() => temporal.signals.length === 2, 'the second signal');
});

test('a loop that does not wait for people is told once it does, and never before', async () => {
  temporal.phase = 'train';
  await start({ known: knowsLoop, quietMs: 20 });
  for (let count = 0; count < 5; count++) expect((await post()).status).toBe(202);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(temporal.signals).toEqual([]);
  temporal.phase = 'wait for annotations';
  await until(() => temporal.signals.length === 1, 'the signal');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(temporal.signals).toHaveLength(1);
});

test('a server that closes gives up what waits for a loop to listen', async () => {
  temporal.phase = 'train';
  await start({ known: knowsLoop });
  await post();
  await server.close();
  expect([temporal.signals, warnings]).toEqual([[], []]);
});

test('a loop without a phase, in a namespace that does not know the attribute, is told at once', async () => {
  temporal.phase = undefined;
  await start({ known: knowsLoop });
  await post();
  await until(() => temporal.signals.length === 1, 'the signal');
});

test('no answer waits for a Temporal that hangs, and one call is under way at most', async () => {
  temporal.mode = 'hanging';
  await start({ quietMs: 10 });
  for (let count = 0; count < 20; count++) expect((await post()).status).toBe(202);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(temporal.signals).toHaveLength(1);
});

test('a signal is tried again while Temporal is away', async () => {
  temporal.mode = 'failing';
  await start({ known: knowsLoop });
  await post();
  await until(() => temporal.signals.length === 1, 'the first try');
  temporal.mode = 'up';
  await until(() => temporal.signals.length === 2, 'the second try');
  expect(warnings).toEqual([]);
});

test('a loop that ended between two lists is forgotten at its first event', async () => {
  await start();
  await until(() => temporal.lists > 0, 'the first list');
  temporal.mode = 'gone';
  expect((await post()).status).toBe(202);
  await until(async () => (await post()).status === 404, 'the loop to be forgotten');
  expect(temporal.signals).toHaveLength(1);
  expect(warnings).toEqual([]);
});

test('only listed loops are known, and requests list nothing', async () => {
  await start();
  await until(async () => (await health()).loops === 1, 'the first list');
  for (let count = 0; count < 5; count++) expect((await post(undefined, { id: 'nobody' })).status).toBe(404);
  expect(temporal.lists).toBe(1);
});

test('health needs no secret and tells no id', async () => {
  await start({ known: knowsLoop });
  expect(await health()).toEqual({ status: 'ok', loops: null });
});

test('a taken port is one sentence', async () => {
  await start();
  const port = Number(new URL(server.url).port);
  await expect(startWebhookServer({ client: temporal.client, secret, port })).rejects.toThrow(
    `The webhook server cannot listen on 127.0.0.1:${port}: the port is taken.`,
  );
});

async function health(): Promise<{ status: string; loops: number | null }> {
  return (await (await fetch(`${server.url}/health`)).json()) as { status: string; loops: number | null };
}

test('Prometheus is told of answers, of signals and how long they took, and is served apart', async () => {
  const metrics = new WebhookMetrics();
  await start({ known: knowsLoop, metrics, quietMs: 20 });
  await post();
  await until(() => temporal.signals.length > 0, 'the signal');
  await post(undefined, { headers: { 'x-labelloop-secret': 'wrong' } });
  temporal.mode = 'gone';
  await post();
  await until(() => temporal.signals.length > 1, 'the second signal');
  const { url, close } = await metrics.serve('127.0.0.1', 0);
  const told = await until(async () => {
    const text = await fetch(`${url}/metrics`).then((response) => response.text());
    return text.includes('result="gone"') && text;
  }, 'both signals');
  await close();
  expect(told).toContain('labelloop_webhook_events_total{status="202"} 2');
  expect(told).toContain('labelloop_webhook_events_total{status="401"} 1');
  expect(told).toContain('labelloop_webhook_signals_total{result="sent"} 1');
  expect(told).toContain('labelloop_webhook_signals_total{result="gone"} 1');
  expect(told).toContain('labelloop_webhook_lag_seconds_count 1');
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
});
