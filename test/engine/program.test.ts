import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Datasource, MetadataEntry } from '../../core/datapoints.ts';
import { DagsHubDataEngine } from '../../services/dagshub/data-engine.ts';
import { until } from '../support/until.ts';

const program = path.join(process.cwd(), 'engine', 'main.ts');
let folder: string;
let running: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-engine-'));
  await mkdir(path.join(folder, 'images'));
  await writeFile(path.join(folder, 'images', '1.png'), 'one');
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function run(flags: string[], env: Record<string, string> = { DAGSHUB_USER_TOKEN: 'secret-token' }) {
  const inherited = { ...process.env };
  delete inherited['DAGSHUB_USER_TOKEN'];
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...flags], {
    env: { ...inherited, ...env },
  });
  running = child;
  let output = '';
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
  const url = new Promise<string>((resolve) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const [, found] = / at (http:\S+)/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  return { child, ended, url };
}

const flags = (): string[] => [
  ...['--data', path.join(folder, 'data'), '--repo', 'team/teeth', '--port', '0'],
  ...['--root', `repo:scans=${path.join(folder, 'images')}`],
];

async function start() {
  const started = run(flags());
  const host = await started.url;
  return { ...started, engine: new DagsHubDataEngine({ host, repo: 'team/teeth', token: 'secret-token' }) };
}

async function ready(engine: DagsHubDataEngine): Promise<Datasource> {
  for (;;) {
    const source = await engine.ensureDatasource({ name: 'x', rootUrl: 'repo://team/teeth/main:scans' });
    if (source.status === 'READY') return source;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('over kill -9 at random, with two workers writing: no answered batch is lost, none is there in part', async () => {
  const images = 30;
  const fieldsOfOne = ['prediction', 'score', 'word'];
  const sent = new Set<string>();
  const answered = new Set<string>();
  const batch = (name: string): MetadataEntry[] =>
    Array.from({ length: images }, (_, index) => `${name}/${index}.png`).flatMap((file) => [
      { path: file, key: 'prediction', valueType: 'BLOB', value: Buffer.from(`blob of ${file}`) },
      { path: file, key: 'score', valueType: 'FLOAT', value: 0.5 },
      { path: file, key: 'word', valueType: 'STRING', value: file },
    ]);

  for (const atMost of [50, 150, 300, 600]) {
    const { engine, child, ended } = await start();
    const { id: datasourceId } = await ready(engine);
    const worker = async (who: string): Promise<void> => {
      for (let count = 0; child.exitCode === null && child.signalCode === null; count++) {
        const name = `${who}-${atMost}-${count}`;
        sent.add(name);
        await engine.updateMetadata({ datasourceId, entries: batch(name) });
        answered.add(name);
      }
    };
    const work = Promise.allSettled([worker('a'), worker('b')]);
    await until(() => answered.size > 0, 'the first answer');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * atMost));
    child.kill('SIGKILL');
    await Promise.all([work, ended]);
  }

  const { engine } = await start();
  const { id: datasourceId } = await ready(engine);
  const stored = new Map<string, number>();
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId }))
    for (const { path: file, fields } of datapoints) {
      const name = path.dirname(file);
      const whole = fieldsOfOne.every((field) => fields[field] !== undefined);
      if (whole) stored.set(name, (stored.get(name) ?? 0) + 1);
      else if (file !== '1.png') throw new Error(`${file} holds only ${Object.keys(fields).join(', ')}.`);
    }
  expect(answered.size).toBeGreaterThan(0);
  expect([...answered].filter((name) => stored.get(name) !== images)).toEqual([]);
  expect([...sent].filter((name) => ![undefined, images].includes(stored.get(name)))).toEqual([]);
  expect(await engine.fetchImage({ rootUrl: 'repo://team/teeth/main:scans', path: '1.png' })).toEqual(
    new Uint8Array(Buffer.from('one')),
  );
}, 60_000);

test('SIGTERM ends it in order, and the token is never printed', async () => {
  const started = await start();
  await ready(started.engine);
  started.child.kill('SIGTERM');
  const { code, output } = await started.ended;
  expect(code).toBe(0);
  expect(output).toContain('1 images');
  expect(output).not.toContain('secret-token');
});

test.each([
  ['no token', () => flags(), {}, 'Set DAGSHUB_USER_TOKEN'],
  ['no root', () => flags().slice(0, 6), undefined, "required option '--root"],
  [
    'a missing folder',
    () => [...flags(), '--root', 's3://a/b=/nowhere'],
    undefined,
    'The folder /nowhere of s3://a/b does not exist',
  ],
  ['a strange root', () => [...flags(), '--root', 'ftp://a=/tmp'], undefined, '"ftp://a" is no root'],
  ['a strange repository', () => [...flags(), '--repo', 'teeth'], undefined, 'OWNER/NAME'],
])('%s is told in a sentence', async (_title, args, env, message) => {
  const { code, output } = await run(args(), env).ended;
  expect(code).toBe(1);
  expect(output).toContain(message);
  expect(output).not.toMatch(/\n {4}at /);
});
