import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInTrainerCommand } from '../../../../models/trainers/run-trainer.ts';
import { CheckBench } from '../../../../models/trainers/check/check-bench.ts';
import { badClass } from '../../../../models/trainers/check/checks/bad-class.ts';
import { cancel } from '../../../../models/trainers/check/checks/cancel.ts';
import { nobodyLeft } from '../../../../models/trainers/check/checks/nobody-left.ts';
import { timeLimit } from '../../../../models/trainers/check/checks/time-limit.ts';
import { twoAtOnce } from '../../../../models/trainers/check/checks/two-at-once.ts';
import { runChecks, type CheckResult } from '../../../../models/trainers/check/run-checks.ts';
import type { TrainerCheck } from '../../../../models/trainers/check/trainer-check.ts';

jest.setTimeout(300_000);

const options = { task: 'classification', sizePx: 16, params: {}, timeoutSeconds: 60 } as const;

async function all(input: Parameters<typeof runChecks>[0], signal = new AbortController().signal) {
  const results: CheckResult[] = [];
  for await (const result of runChecks(input, signal)) results.push(result);
  return results;
}

test('the built-in trainer passes every check', async () => {
  const results = await all({
    ...options,
    command: builtInTrainerCommand('classification'),
    params: { width: 4, steps: 120, batch: 16, lr: 0.01, checkpointEverySeconds: 0 },
    nanParams: { lr: 1e30 },
  });
  expect(results.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
  const [reason] = results.filter(({ name }) => name === 'resume').map((one) => one.reason);
  expect(reason).toMatch(/^from step \d+; the model is byte for byte that of an uninterrupted training$/);
});

test('a trainer that does nothing passes only what asks for nothing', async () => {
  const results = await all({ ...options, command: [process.execPath, '-e', ''] });
  const passed = results.filter(({ verdict }) => verdict === 'passed').map(({ name }) => name);
  expect(passed).toEqual(['nobody left']);
  expect(results[0]).toMatchObject({
    verdict: 'failed',
    reason: expect.stringContaining('without the event "done"'),
  });
});

test('a command that is not there is named', async () => {
  const [first] = await all({ ...options, command: ['/no/such/trainer'] });
  expect(first).toMatchObject({
    verdict: 'failed',
    reason: expect.stringContaining('/no/such/trainer: no such program'),
  });
});

test('an abort ends the trainer that runs, and takes the folder away', async () => {
  const abort = new AbortController();
  const folders: string[] = [];
  const running = all(
    {
      ...options,
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      onFolder: (dir) => folders.push(dir),
    },
    abort.signal,
  );
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 1000);
  await expect(running).rejects.toThrow('Ctrl-C');
  await expect(realpath(folders[0]!)).rejects.toThrow('ENOENT');
});

/** Goes on for ever until it is told otherwise, and minds nothing of the contract but its events. */
const sloppy = `
  import { spawn } from 'node:child_process';
  import { writeFileSync, mkdirSync } from 'node:fs';
  import { dirname, join } from 'node:path';
  const dir = dirname(process.argv[2]);
  const say = (event) => console.log(JSON.stringify(event));
  say({ event: 'start', contract: 'al-train/1', trainer: 'sloppy', version: '1', device: 'cpu', total_steps: 9, resumed_from: null, train: 1, valid: 1 });
  mkdirSync(join(dir, 'ckpt'), { recursive: true });
  writeFileSync(join(dir, 'ckpt', 'latest'), '');
  // Once what follows here is set up: whoever hears of progress may stop it at once.
  setImmediate(() => {
    say({ event: 'checkpoint', step: 1, path: 'ckpt/latest' });
    say({ event: 'progress', step: 1, total: 9, metrics: { train_loss: 1 } });
  });`;

test.each<[string, TrainerCheck, string, RegExp]>([
  [
    'leaves SIGTERM to the operating system',
    cancel,
    'setInterval(() => {}, 100)',
    /ended by SIGTERM; 143 is asked for/,
  ],
  [
    'leaves a model behind when it is stopped',
    cancel,
    `mkdirSync(join(dir, 'out')); writeFileSync(join(dir, 'out', 'model.onnx'), '');
     setInterval(() => {}, 100); process.on('SIGTERM', () => process.exit(143));`,
    /left out\/model\.onnx behind/,
  ],
  ['refuses bad data without a word', badClass, 'process.exit(65)', /no event "error" says why/],
  [
    'does not name the line',
    badClass,
    'say({ event: "error", kind: "data", message: "bad data", retryable: false }); process.exit(65)',
    /does not name train\.jsonl:2: bad data/,
  ],
  [
    'trains beside another',
    twoAtOnce,
    'setTimeout(() => process.exit(0), 300); process.on("SIGTERM", () => process.exit(143))',
    /the second does not give way: it ended with exit code 0/,
  ],
  [
    'takes its time',
    timeLimit,
    'setTimeout(() => process.exit(0), 200)',
    /exit code 0; exit code 75 is asked for/,
  ],
])('a trainer that %s fails', async (_, check, body, reason) => {
  await expect(check.run(await sloppyBench(body))).rejects.toThrow(reason);
});

test('a trainer that leaves a process outside of its group fails', async () => {
  const bench = await sloppyBench(`spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref();`);
  const attempt = bench.start(await bench.job('leaves one'));
  await attempt.ended;
  const error: unknown = await nobodyLeft.run(bench).catch((caught: unknown) => caught);
  const [, pid] = /still running: process (\d+)$/.exec((error as Error).message) ?? [];
  expect(Number(pid)).toBeGreaterThan(0);
  process.kill(Number(pid), 'SIGKILL');
  await expect(nobodyLeft.run(bench)).resolves.toBe('1 trainings, no process left');
});

test('jobs tell the trainer what to compute on', async () => {
  const bench = await sloppyBench('', { device: 'cuda:0' });
  const { job } = await bench.job('on a card');
  expect(job.limits.device).toBe('cuda:0');
});

const folders: string[] = [];
const benches: CheckBench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((bench) => bench.tidy()));
  await Promise.all(folders.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
});

async function sloppyBench(body: string, more: { device?: string } = {}): Promise<CheckBench> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'labelloop-sloppy-')));
  folders.push(dir);
  const trainer = join(dir, 'sloppy.mjs');
  await writeFile(trainer, `${sloppy}\n${body}`);
  const bench = await CheckBench.open(dir, {
    ...options,
    ...more,
    command: [process.execPath, trainer],
  });
  benches.push(bench);
  return bench;
}
