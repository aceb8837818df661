import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';

const histories = ['batch-cycle', 'cancelled', 'commands', 'first-cycle', 'last-cycle', 'stopped', 'waited'];
let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

async function recorded(name: string): Promise<{ workflowId: string; history: unknown }> {
  const history: unknown = JSON.parse(await readFile(join(__dirname, `${name}.json`), 'utf8'));
  return { workflowId: name, history };
}

async function replay(name: string, codePath: string): Promise<Error | undefined> {
  const results = Worker.runReplayHistories({ workflowBundle: { codePath } }, [await recorded(name)]);
  for await (const { error } of results) return error;
  throw new Error('Nothing was replayed.');
}

test('every history of this folder is replayed here', async () => {
  const files = (await readdir(__dirname)).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(histories.map((name) => `${name}.json`));
});

/** When this fails, loops that are under way would break: version the change with `patched`, and record anew. */
test.each(histories)('the workflow of today replays the history "%s"', async (name) => {
  expect(await replay(name, temporal.bundle.codePath)).toBeUndefined();
});

test.each([
  ['leaves out a step', 'quick.checkConnections()', 'quick && null', 'first-cycle'],
  ['takes another order', 'long.planInference(', 'long.selectBatch(', 'batch-cycle'],
  ['sleeps through signals', 'run.hasNews || ', '', 'waited'],
])('a workflow that %s is refused', async (_, before, after, name) => {
  const code = await readFile(temporal.bundle.codePath, 'utf8');
  expect(code.includes(before)).toBe(true);
  const codePath = `${temporal.bundle.codePath}.${name}.changed.js`;
  await writeFile(codePath, code.replace(before, after));
  expect(await replay(name, codePath)).toBeInstanceOf(DeterminismViolationError);
});

test('no history names the machine that recorded it', async () => {
  for (const name of histories)
    expect(JSON.stringify((await recorded(name)).history)).not.toMatch(/\d@|"stackTrace":"[^"]/);
});
