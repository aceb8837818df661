import fc from 'fast-check';
import { Pool } from 'undici';
import { startWebhookServer, type WebhookServer } from '../../client/webhook-server.ts';
import { changedJson } from './changed-json.ts';
import { fuzzOptions, fuzzTimeoutMs } from './fuzz-options.ts';

const loop = 'labelloop.team.images.teeth';
const secret = 'a-secret-of-some-length';
const event = {
  action: 'ANNOTATION_CREATED',
  project: { id: 7, title: 'teeth 0', created_by: { id: 1 } },
  task: { id: 11, data: { image: '/raw/a.png', al_key: 'a.png' }, predictions: [] },
  annotation: {
    id: 5,
    result: [{ type: 'choices', value: { choices: ['caries'] } }],
    completed_by: { id: 2 },
  },
};

let server: WebhookServer;
let pool: Pool;
let signals = 0;

beforeAll(async () => {
  const client = {
    withDeadline: (_: unknown, call: () => Promise<unknown>) => call(),
    workflow: {
      getHandle: () => ({
        describe: () =>
          Promise.resolve({ status: { name: 'RUNNING' }, typedSearchAttributes: { get: () => undefined } }),
        signal: () => {
          signals += 1;
          return Promise.resolve();
        },
      }),
    },
  } as unknown as Parameters<typeof startWebhookServer>[0]['client'];
  const known = { has: (id: string) => id === loop, drop: () => undefined };
  server = await startWebhookServer({ client, known, secret, port: 0, quietMs: 0 });
  pool = new Pool(server.url, { connections: 4 });
});
afterAll(async () => {
  await pool.close();
  await server.close();
});

const bodies = fc.oneof(
  { weight: 6, arbitrary: changedJson(event).map((body) => JSON.stringify(body)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.nat({ max: 5000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat({ max: 200 }), fc.nat()).map(([cut, at]) => {
      const text = JSON.stringify(event);
      return text.slice(0, at % text.length) + text.slice((at % text.length) + cut);
    }),
  },
);
const headers = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'x/y',
  '',
);

test(
  'any body is taken, or refused with a sentence',
  async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (body, type) => {
        const response = await pool.request({
          path: `/webhooks/label-studio/${loop}`,
          method: 'POST',
          headers: { 'x-labelloop-secret': secret, ...(type !== '' && { 'content-type': type }) },
          body,
        });
        const answer = (await response.body.json()) as { error?: string; message?: string; wakes?: boolean };
        seen.set(response.statusCode, (seen.get(response.statusCode) ?? 0) + 1);
        expect([202, 400, 415]).toContain(response.statusCode);
        expect(answer.message ?? answer.error ?? String(answer.wakes)).toMatch(/\w/);
        expect(JSON.stringify(answer)).not.toContain(secret);
      }),
      fuzzOptions,
    );
    expect(Math.min(seen.get(202) ?? 0, seen.get(400) ?? 0, seen.get(415) ?? 0)).toBeGreaterThan(10);
    expect(signals).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);
