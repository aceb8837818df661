import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { searchAttributes } from '../../core/search-attributes.ts';
import { processIdentity } from '../../stack/process-identity.ts';
import type { StackEvent } from '../../stack/stack-event.ts';
import { startStack, type RunningStack, type StackOptions } from '../../stack/start-stack.ts';

/** The quick half of the stack: Temporal and the Data Engine. The other half runs in the tests of the project `stack`. */
jest.setTimeout(180_000);

const ports = { temporal: 0, 'temporal-ui': 0, engine: 0 };
let folder: string;
let stack: RunningStack | undefined;
let events: StackEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-stack-'));
  await mkdir(join(folder, 'images'));
  await writeFile(join(folder, 'images', 'a.png'), 'no real image');
  events = [];
});
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
  await rm(folder, { recursive: true });
});

async function start(more: StackOptions = {}): Promise<RunningStack> {
  stack = await startStack({
    dataDir: join(folder, 'data'),
    only: ['temporal', 'engine'],
    roots: [{ url: 's3://digits/data', folder: join(folder, 'images') }],
    ports,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    onProgress: (event) => events.push(event),
    ...more,
  });
  return stack;
}

async function withTemporal<T>(env: RunningStack['env'], use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const customAttributes = (client: Client) =>
  client.connection.operatorService
    .listSearchAttributes({ namespace: 'default' })
    .then((list) => list.customAttributes);
const startWaiting = (client: Client) =>
  client.workflow.start('nobody-serves-this', { taskQueue: 'nobody', workflowId: 'lasting' });
const describeWaiting = (client: Client) => client.workflow.getHandle('lasting').describe();
const askEngine = (env: RunningStack['env']) =>
  fetch(`${env['DAGSHUB_CLIENT_HOST'] ?? ''}/api/v1/user`, {
    headers: { authorization: `Bearer ${env['DAGSHUB_USER_TOKEN'] ?? ''}` },
  });
const pids = (one: RunningStack) => Object.values(one.processes).map((server) => server.pid ?? 0);
const living = (numbers: readonly number[]) => numbers.filter((pid) => processIdentity(pid) !== null);

it('starts servers that work, and keeps their data for the next start', async () => {
  const first = await start();
  expect(first.links.map(({ name }) => name)).toEqual(['Temporal', 'Data Engine']);
  expect((await askEngine(first.env)).status).toBe(200);
  await withTemporal(first.env, async (client) => {
    expect(Object.keys(await customAttributes(client))).toEqual(
      expect.arrayContaining(Object.keys(searchAttributes)),
    );
    await startWaiting(client);
  });
  expect(readFileSync(first.envFile, 'utf8')).toContain(
    `TEMPORAL_ADDRESS=${first.env['TEMPORAL_ADDRESS']}\n`,
  );
  expect(
    events
      .filter(({ phase }) => phase === 'ready')
      .map(({ server }) => server)
      .sort(),
  ).toEqual(['engine', 'temporal']);

  const running = pids(first);
  await Promise.all([first.stop(), first.stop()]);
  expect(living(running)).toEqual([]);
  expect(existsSync(first.envFile)).toBe(false);
  expect(events.filter(({ phase }) => phase === 'stopped')).toHaveLength(2);

  const second = await start();
  expect(second.env['DAGSHUB_USER_TOKEN']).toBe(first.env['DAGSHUB_USER_TOKEN']);
  const { status } = await withTemporal(second.env, describeWaiting);
  expect(status.name).toBe('RUNNING');
});

it('starts a killed server again, on its port and data', async () => {
  const running = await start();
  const { env, processes } = running;
  await withTemporal(env, startWaiting);
  process.kill(processes.temporal?.pid ?? 0, 'SIGKILL');
  await running.restart('temporal');
  expect((await withTemporal(env, describeWaiting)).status.name).toBe('RUNNING');
  await expect(running.restart('mlflow')).rejects.toThrow('The stack has no server mlflow of its own.');
});

it('is one a data folder, and ends what a killed one left', async () => {
  const data = join(folder, 'data');
  const main = spawnMain(data);
  const left = await serversOf(main, join(data, 'run'));
  await expect(start()).rejects.toThrow(`runs already, as process ${main.pid}; stop that one first`);
  main.kill('SIGKILL');
  await once(main, 'exit');
  expect(living(left)).toEqual(left);

  const warnings: string[] = [];
  await start({ logger: { info: () => undefined, warn: (message) => warnings.push(message) } });
  expect(living(left)).toEqual([]);
  expect(warnings).toEqual(['Ended 2 servers that an earlier stack had left behind.']);
});

it('stops everything at Ctrl-C, once', async () => {
  const data = join(folder, 'data');
  const main = spawnMain(data);
  const servers = await serversOf(main, join(data, 'run'));
  main.kill('SIGINT');
  main.kill('SIGINT');
  const [code] = (await once(main, 'exit')) as [number | null];
  expect([code, living(servers)]).toEqual([0, []]);
});

it('joins a server that the environment names, and adds the search attributes it lacks', async () => {
  const own = await start();
  await withTemporal(own.env, ({ connection }) =>
    connection.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['LabelloopCycle'],
    }),
  );
  const joined = await startStack({
    dataDir: join(folder, 'other'),
    only: ['temporal', 'engine'],
    env: {
      TEMPORAL_ADDRESS: own.env['TEMPORAL_ADDRESS'],
      DAGSHUB_CLIENT_HOST: own.env['DAGSHUB_CLIENT_HOST'],
      DAGSHUB_USER_TOKEN: own.env['DAGSHUB_USER_TOKEN'],
    },
  });
  try {
    expect(joined.processes).toEqual({});
    expect(joined.env).toMatchObject({ TEMPORAL_ADDRESS: own.env['TEMPORAL_ADDRESS'] });
    expect(await withTemporal(own.env, customAttributes)).toHaveProperty('LabelloopCycle');
  } finally {
    await joined.stop();
  }
  expect(living(pids(own))).toEqual(pids(own));
});

describe('refuses in one sentence', () => {
  const other = (env: Record<string, string>, only: StackOptions['only'] = ['engine']) =>
    startStack({ dataDir: join(folder, 'other'), only, env });

  it('a given server that is not there, or does not take the token', async () => {
    await expect(
      other({ DAGSHUB_CLIENT_HOST: 'http://127.0.0.1:1', DAGSHUB_USER_TOKEN: 'x' }),
    ).rejects.toThrow('The Data Engine at 127.0.0.1:1 (DAGSHUB_CLIENT_HOST) does not answer.');
    await expect(other({ DAGSHUB_CLIENT_HOST: 'http://127.0.0.1:1' })).rejects.toThrow(
      'DAGSHUB_USER_TOKEN must be set too',
    );
    await expect(
      other({ LABEL_STUDIO_URL: 'ftp://x', LABEL_STUDIO_API_KEY: 'x' }, ['label-studio']),
    ).rejects.toThrow('LABEL_STUDIO_URL must start with http:// or https://.');
    const { env } = await start();
    await expect(
      other({ DAGSHUB_CLIENT_HOST: env['DAGSHUB_CLIENT_HOST'] ?? '', DAGSHUB_USER_TOKEN: 'wrong' }),
    ).rejects.toThrow(/\(DAGSHUB_CLIENT_HOST\) refuses DAGSHUB_USER_TOKEN \(status 401\)\.$/);
  });

  it('a port in use, before it starts anything', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(start({ ports: { ...ports, engine: port } })).rejects.toThrow(
      `Port ${port} of the Data Engine is in use`,
    );
    expect(events).toEqual([]);
    server.close();
  });

  it('a folder that is not there, with what the server said, and stops the others', async () => {
    const roots = [{ url: 's3://digits/data', folder: join(folder, 'nowhere') }];
    await expect(start({ roots })).rejects.toThrow(
      /^The Data Engine ended while starting \(exit code 1\).*nowhere/s,
    );
    const started = events.filter(({ server, phase }) => server === 'temporal' && phase === 'ready').length;
    expect(
      events.filter(({ server, phase }) => server === 'temporal' && phase === 'stopped').length,
    ).toBeGreaterThanOrEqual(started);
  });

  it('a Data Engine without images', async () => {
    await expect(other({})).rejects.toThrow('The Data Engine needs a folder of images: --root URL=FOLDER.');
  });
});

/** The stack as a program. */
function spawnMain(data: string): ChildProcess {
  const flags = ['--json', '--only', 'temporal,engine', '--data', data];
  const free = Object.keys(ports).flatMap((name) => ['--port', `${name}=0`]);
  const root = `s3://digits/data=${join(folder, 'images')}`;
  const program = join(__dirname, '../../stack/main.ts');
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', program, ...flags, ...free, '--root', root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH, HOME },
  });
}

/** Waits until Temporal and the Data Engine of a stack are ready; answers their process ids. */
async function serversOf(main: ChildProcess, runDir: string): Promise<number[]> {
  const ready = new Set<string>();
  if (!main.stdout) throw new Error('The output is not read.');
  for await (const line of createInterface({ input: main.stdout })) {
    const event = JSON.parse(line) as StackEvent;
    if (event.phase === 'ready') ready.add(event.server);
    if (ready.has('temporal') && ready.has('engine')) break;
  }
  return ['temporal', 'engine'].map(
    (name) => (JSON.parse(readFileSync(join(runDir, `${name}.pid.json`), 'utf8')) as { pid: number }).pid,
  );
}
