import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readTestStack } from '../support/stack-environment.ts';

jest.setTimeout(20 * 60_000);

const root = path.resolve(__dirname, '../..');
let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'labelloop-chaos-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Label Studio and MLflow are those of all tests and may not be killed; Temporal and the Data Engine are its own. */
test('six moments, deaths and new code among them, leave nothing double and nothing lost', async () => {
  const stack = await readTestStack();
  const { labelStudio, mlflowUri } = stack;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_ADDRESS|DAGSHUB_|LABELLOOP_)/.test(name)),
  );
  // Plans: shuffle the webhooks, kill the Data Engine, a new version, kill the worker, break off the Data Engine's answers, cut Label Studio off.
  const args = ['--moments', '6', '--cycles', '1', '--seed', '109505', '--data', folder];
  const child = spawn(process.execPath, ['--import', 'tsx', 'chaos/chaos.ts', ...args], {
    cwd: root,
    env: {
      ...env,
      LABEL_STUDIO_URL: labelStudio.url,
      LABEL_STUDIO_API_KEY: labelStudio.apiKey,
      MLFLOW_TRACKING_URI: mlflowUri,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  const lastLine = said.trimEnd().split('\n').at(-1);
  // What it printed goes with the failure.
  expect({ code, lastLine, said: code === 0 ? '' : said }).toEqual({
    code: 0,
    lastLine:
      '6 moments: double 0 projects, 0 tasks, 0 predictions, 0 runs, 0 versions; lost 0 of 72 answers; the audit balances; nothing else is wrong.',
    said: '',
  });
});
