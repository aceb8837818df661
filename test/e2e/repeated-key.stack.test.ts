import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { connectTemporal, type TemporalConnection } from '../../client/connect.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { Program } from '../support/program.ts';
import { readTestStack, type TestStack } from '../support/stack-environment.ts';
import { placesOf, toldOfLoop } from '../support/told-of-loop.ts';

jest.setTimeout(3 * 60_000);

const loop = 'e2e-repeated-key';
const key = 'a-key-that-nobody-should-read';
let stack: TestStack;
let temporal: TemporalConnection;
let folder: string;
let server: Server;
let worker: Program | undefined;

beforeAll(async () => {
  stack = await readTestStack();
  temporal = await connectTemporal();
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-e2e-'));
  // As gateways do that want to help.
  server = createServer(({ url, headers }, response) => {
    const detail = `Bad request: ${url}?key=${key}, authorization: ${headers.authorization}`;
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ detail }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  await worker?.end('SIGTERM');
  server.closeAllConnections();
  server.close();
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('a key that a server repeats in its refusal ends up in no log and no history', async () => {
  const env = {
    LABELLOOP_WORK_DIR: path.join(folder, 'work'),
    LABEL_STUDIO_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    LABEL_STUDIO_API_KEY: key,
  };
  const loopFile = path.join(folder, 'loop.yaml');
  const datasource = { path: 's3://glyphs/images' };
  await writeFile(
    loopFile,
    stringify({ loop, repo: stack.repo, datasource, task: 'classification', classes: ['bar', 'box'] }),
  );
  worker = new Program(['--verbose', 'worker'], env);
  await new Program(['start', loopFile], env).ended();
  const workflowId = loopWorkflowId({ repo: stack.repo, loop });
  await temporal.client.workflow.result(workflowId).catch(() => undefined);

  const { state, ended } = await loopStatus(temporal.client, workflowId);
  expect(state).toBe('FAILED');
  expect(ended).toContain(
    'Bad request: /api/current-user/whoami?key=[secret], authorization: Bearer [secret]',
  );
  // Whatever it has to say it has said then.
  await worker.end('SIGTERM');
  const told = new Map(await toldOfLoop({ stack, client: temporal.client }, loop));
  told.set('printed', worker.output);
  expect(placesOf('Bad request', told)).toEqual([expect.stringMatching(/^history of /), 'printed']);
  expect(placesOf(key, told)).toEqual([]);
});
