import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../../../core/errors.ts';
import type { TrainerEvent } from '../../../models/trainers/job.ts';
import {
  builtInTrainerCommand,
  runTrainer,
  type RunTrainerInput,
  type TrainerResult,
} from '../../../models/trainers/run-trainer.ts';
import { glyphJob } from '../glyphs.ts';

jest.setTimeout(120_000);

const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
});

test('the built-in trainer answers a checked model and its metrics', async () => {
  const { jobFile, dir } = await job();
  const events: TrainerEvent[] = [];
  const result = await run({
    jobFile,
    command: builtInTrainerCommand('classification'),
    onEvent: (event) => events.push(event),
  });
  expect(result.card.classes).toEqual(['ring', 'cross', 'bars']);
  expect(result.modelFile).toBe(join(dir, 'out', 'model.onnx'));
  expect(result.metrics['valid_accuracy']).toBeGreaterThan(0.9);
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['start', 'progress', 'done']));
});

test('an abort stops the built-in trainer with a checkpoint, and throws the reason of the abort', async () => {
  const { jobFile, dir } = await job({ params: { width: 4, steps: 100_000, batch: 16 } });
  const abort = new AbortController();
  const reason = new Error('the loop was stopped');
  const running = run({
    jobFile,
    command: builtInTrainerCommand('classification'),
    signal: abort.signal,
    onEvent: ({ event }) => {
      if (event === 'progress') abort.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  expect(existsSync(join(dir, 'ckpt', 'latest.json'))).toBe(true);
  expect(existsSync(join(dir, 'ckpt', 'lock.json'))).toBe(false);
});

test('the reason of a failure is the trainer’s own sentence; bad data is final', async () => {
  const { jobFile, dir } = await job();
  await rm(join(dir, 'images', '3.png'));
  await expect(failure({ jobFile, command: builtInTrainerCommand('classification') })).resolves.toMatchObject(
    {
      retryable: false,
      message: expect.stringMatching(/exit code 65\): train\.jsonl:4: image .* no such file/),
    },
  );
});

test.each<[string, string, Partial<RunTrainerInput>, { retryable: boolean; message: RegExp }]>([
  [
    'is silent',
    'setInterval(() => {}, 1000)',
    { stallMs: 300 },
    { retryable: true, message: /silent for 0\.3 s/ },
  ],
  [
    'talks, but not of the contract',
    'setInterval(() => console.log("{}"), 50)',
    { stallMs: 300 },
    { retryable: true, message: /silent/ },
  ],
  [
    'never ends',
    'setInterval(() => say({ event: "warning", message: "on" }), 50)',
    { maxSeconds: 0.5 },
    { retryable: true, message: /within 0\.5 s/ },
  ],
  ['ends without "done"', 'process.exit(0)', {}, { retryable: true, message: /without the event "done"/ }],
  [
    'cannot find a library',
    'say({ event: "error", kind: "dependency", message: "no torch", retryable: false }); process.exitCode = 69',
    {},
    { retryable: false, message: /69\): no torch/ },
  ],
  ['runs out of memory', 'process.exit(71)', {}, { retryable: true, message: /exit code 71/ }],
  [
    'crashes',
    'console.error("a last word"); process.kill(process.pid, "SIGKILL")',
    {},
    { retryable: true, message: /ended by SIGKILL; its last words: a last word/ },
  ],
  ['leaves no model', 'say(done)', {}, { retryable: true, message: /model\.json: cannot be read/ }],
  [
    'says "done" of a file elsewhere',
    'say({ ...done, outputs: { model: "/etc/passwd", card: "out/model.json" } })',
    {},
    { retryable: false, message: /\/etc\/passwd is not out\/model\.onnx/ },
  ],
])('a trainer that %s', async (_, body, options, expected) => {
  const { jobFile, dir } = await job();
  const command = await trainer(dir, body);
  await expect(failure({ jobFile, command, ...options })).resolves.toMatchObject({
    retryable: expected.retryable,
    message: expect.stringMatching(expected.message),
  });
});

test('a model with another hash than its card’s is refused', async () => {
  const { jobFile, dir } = await job();
  await run({ jobFile, command: builtInTrainerCommand('classification') });
  await writeFile(join(dir, 'out', 'model.onnx'), 'x', { flag: 'a' });
  await expect(failure({ jobFile, command: await trainer(dir, 'say(done)') })).resolves.toMatchObject({
    retryable: true,
    message: expect.stringContaining('SHA-256'),
  });
});

test('a model of other classes is refused', async () => {
  const { jobFile, dir } = await job();
  await run({ jobFile, command: builtInTrainerCommand('classification') });
  const value = JSON.parse(await readFile(jobFile, 'utf8')) as object;
  await writeFile(jobFile, JSON.stringify({ ...value, classes: ['ring', 'cross', 'dots'] }));
  await expect(failure({ jobFile, command: await trainer(dir, 'say(done)') })).resolves.toMatchObject({
    retryable: false,
    message: expect.stringContaining('ring, cross, dots'),
  });
});

test.each([
  ['missing', ['/no/such/program'], /could not be started: \/no\/such\/program: no such program/],
  ['empty', [], /no command/],
])('a %s command is final', async (_, command, message) => {
  const { jobFile } = await job();
  await expect(failure({ jobFile, command })).resolves.toMatchObject({
    retryable: false,
    message: expect.stringMatching(message),
  });
});

test('a trainer that ignores SIGTERM is killed after the grace, with its children', async () => {
  const { jobFile, dir } = await job();
  const body = `
    process.on('SIGTERM', () => {});
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    say({ event: 'warning', message: String(child.pid) });
    setInterval(() => {}, 1000);`;
  const abort = new AbortController();
  let child = 0;
  const running = run({
    jobFile,
    command: await trainer(dir, body),
    signal: abort.signal,
    graceMs: 300,
    onEvent: (event) => {
      if (event.event !== 'warning') return;
      child = Number(event.message);
      abort.abort();
    },
  });
  await expect(running).rejects.toThrow('abort');
  expect(child).toBeGreaterThan(0);
  await expect(gone(child)).resolves.toBe(true);
});

test('children that outlive a trainer are ended', async () => {
  const { jobFile, dir } = await job();
  const body = `
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    say({ event: 'warning', message: String(child.pid) });
    process.exitCode = 70; child.unref();`;
  let child = 0;
  const onEvent = (event: TrainerEvent): void => {
    if (event.event === 'warning') child = Number(event.message);
  };
  await expect(failure({ jobFile, command: await trainer(dir, body), onEvent })).resolves.toMatchObject({
    retryable: true,
  });
  expect(child).toBeGreaterThan(0);
  await expect(gone(child)).resolves.toBe(true);
});

test('a trainer sees the allow-list and what was configured for it, and nothing else', async () => {
  const { jobFile, dir } = await job();
  const { LD_LIBRARY_PATH: libraries } = process.env;
  Object.assign(process.env, { SOME_TOKEN: 'secret', LD_LIBRARY_PATH: libraries ?? '/opt/driver' });
  try {
    const seen: string[] = [];
    await failure({
      jobFile,
      command: await trainer(dir, 'say({ event: "warning", message: Object.keys(process.env).join() })'),
      env: { MY_OPTION: '1' },
      onEvent: (event) => {
        if (event.event === 'warning') seen.push(...event.message.split(','));
      },
    });
    const expected = ['PATH', 'AL_JOB', 'LD_LIBRARY_PATH', 'PYTHONUNBUFFERED', 'MY_OPTION'];
    expect(seen).toEqual(expect.arrayContaining(expected));
    expect(seen).not.toContain('SOME_TOKEN');
  } finally {
    delete process.env['SOME_TOKEN'];
    if (libraries === undefined) delete process.env['LD_LIBRARY_PATH'];
  }
});

test('a trainer whose host is killed leaves a checkpoint and goes', async () => {
  const { jobFile, dir } = await job({ params: { width: 4, steps: 100_000, batch: 16 } });
  const source = pathToFileURL(join(__dirname, '../../../models/trainers/run-trainer.ts')).href;
  const script = join(dir, 'host.mjs');
  await writeFile(
    script,
    `import { builtInTrainerCommand, runTrainer } from '${source}';
    await runTrainer({
      command: builtInTrainerCommand('classification'),
      jobFile: '${jobFile}',
      signal: new AbortController().signal,
      maxSeconds: 60,
      onEvent: ({ event }) => { if (event === 'progress') process.kill(process.pid, 'SIGKILL'); },
    });`,
  );
  const [program, ...args] = builtInTrainerCommand('classification');
  const host = spawn(program!, [...args.slice(0, -1), script], { stdio: 'ignore' });
  const [, signal] = (await once(host, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  const lock = await readFile(join(dir, 'ckpt', 'lock.json'), 'utf8').catch(() => null);
  if (lock !== null) await expect(gone((JSON.parse(lock) as { pid: number }).pid)).resolves.toBe(true);
  expect(existsSync(join(dir, 'ckpt', 'latest.json'))).toBe(true);
  expect(existsSync(join(dir, 'ckpt', 'lock.json'))).toBe(false);
  expect(existsSync(join(dir, 'out', 'model.json'))).toBe(false);
});

test('an error of the listener stops the trainer and comes out as it is', async () => {
  const { jobFile } = await job();
  const error = new Error('the heartbeat failed');
  const running = run({
    jobFile,
    command: builtInTrainerCommand('classification'),
    onEvent: () => {
      throw error;
    },
  });
  await expect(running).rejects.toBe(error);
});

async function job(...args: Parameters<typeof glyphJob>): ReturnType<typeof glyphJob> {
  const made = await glyphJob(...args);
  folders.push(made.dir);
  return made;
}

/** A trainer in plain JavaScript, with `say` for events and `done` as its last one. */
async function trainer(dir: string, body: string): Promise<string[]> {
  const file = join(dir, 'trainer.mjs');
  await writeFile(
    file,
    `import { spawn } from 'node:child_process';
    const say = (event) => console.log(JSON.stringify(event));
    const done = { event: 'done', outputs: { model: 'out/model.onnx', card: 'out/model.json' }, metrics: {} };
    void [spawn, say, done];
    ${body}`,
  );
  return [process.execPath, file];
}

function run(
  input: Pick<RunTrainerInput, 'jobFile' | 'command'> & Partial<RunTrainerInput>,
): Promise<TrainerResult> {
  return runTrainer({
    signal: new AbortController().signal,
    onEvent: () => undefined,
    maxSeconds: 60,
    ...input,
  });
}

async function failure(input: Parameters<typeof run>[0]): Promise<TrainerError> {
  const error: unknown = await run(input).catch((caught: unknown) => caught);
  if (!(error instanceof TrainerError)) throw new Error(`no TrainerError, but ${String(error)}`);
  return error;
}

/** Whether a process ends soon; a killed one may wait a moment for its parent to notice. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (stat === null || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
