import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopWorkflowId } from '../../core/loop-spec.ts';
import { CommandLine, labelloop } from '../support/command-line.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

// Each command is a process of its own, which takes seconds where others start too.
jest.setTimeout(120_000);

let temporal: TestTemporal;
let folder: string;
const started: string[] = [];

beforeAll(async () => {
  temporal = await testEnvironment();
  folder = await mkdtemp(join(tmpdir(), 'labelloop-cli-'));
});
afterAll(async () => {
  for (const workflowId of started)
    await temporal.client.workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => undefined);
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

/** A loop.yaml with a name of its own. */
async function loopFile(...lines: string[]): Promise<{ file: string; workflowId: string }> {
  const loop = `cli-${randomUUID().slice(0, 12)}`;
  const file = join(folder, `${loop}.yaml`);
  const head = [`loop: ${loop}`, 'repo: team/images', 'datasource: { path: "s3://bucket/images" }'];
  await writeFile(file, [...head, 'task: classification', 'classes: [cat, dog]', ...lines].join('\n'));
  const workflowId = loopWorkflowId({ loop, repo: 'team/images' });
  started.push(workflowId);
  return { file, workflowId };
}

describe('without any server', () => {
  const deaf = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

  test('--help shows every command and loads no heavy module', async () => {
    const { code, stdout, stderr } = await labelloop(['--help'], { NODE_DEBUG: 'module' });
    expect(code).toBe(0);
    for (const name of ['start', 'status', 'close-review', 'pause', 'resume', 'stop', 'change-budget'])
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    for (const name of ['change-selection', 'worker', 'webhook', 'stack', 'engine', 'demo'])
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stderr).not.toMatch(/@temporalio\/(worker|client)|onnxruntime|sharp|fastify/);
  });

  test('all mistakes of a loop file are told, each with its line: exit code 2', async () => {
    const { file } = await loopFile('stop: { cycels: 3 }', 'seed: many');
    const { code, stdout, stderr } = await labelloop(['start', file], deaf);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([
      `${file}:6: stop.cycels: is no key of ours; did you mean "cycles"? allowed here: when, metric, plateau, agreement, entropy, images, cycles, labels, hours, date, ask`,
      `${file}:7: seed: is "many"; allowed: a whole number from 0 to 2147483647`,
    ]);
  });

  test('a Temporal that is away is one sentence: exit code 1', async () => {
    const { code, stderr } = await labelloop(['status'], deaf);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Temporal at 127\.0\.0\.1:9 does not answer .*\n$/);
  });

  test('a worker that cannot compute where it should says so and ends: exit code 1', async () => {
    const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';
    const { code, stderr } = await labelloop(['worker', '--queues', 'infer'], {
      ...deaf,
      LABELLOOP_REPO: 'team/images',
      DAGSHUB_USER_TOKEN: 'token',
      DAGSHUB_CLIENT_HOST: 'http://127.0.0.1:9',
      LABELLOOP_INFER_DEVICE: elsewhere,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: LABELLOOP_INFER_DEVICE: ${elsewhere} is for .*\\n$`));
  });

  test('--verbose shows where an error came from', async () => {
    const { stderr } = await labelloop(['--verbose', 'start', 'no-such.yaml'], deaf);
    expect(stderr).toMatch(/^\s+at .*loop-file\.ts/m);
  });
});

describe('with Temporal', () => {
  const env = () => ({ TEMPORAL_ADDRESS: temporal.address });

  test('a loop is started, started again, looked at and commanded', async () => {
    const { file, workflowId } = await loopFile('review: { pollSeconds: 1, minReadSeconds: 0 }');
    const first = await labelloop(['start', file, '--json'], env());
    expect([first.code, JSON.parse(first.stdout)]).toMatchObject([0, { workflowId, started: true }]);
    const second = await labelloop(['start', file], env());
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('is running already')]);
    await temporal.client.workflow.getHandle(workflowId).terminate();
  });

  test('an environment file is read, and what is set already stays', async () => {
    const file = join(folder, 'temporal.env');
    await writeFile(file, 'TEMPORAL_ADDRESS=127.0.0.1:9\n');
    expect((await labelloop(['--env-file', file, 'status'], {})).code).toBe(1);
    expect((await labelloop(['status', '--env-file', file], env())).code).toBe(0);
  });

  test('a loop that does not exist: exit code 3', async () => {
    const { code, stderr } = await labelloop(['status', 'nobody'], env());
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^error: There is no loop "nobody"; .*\n$/)]);
    expect((await labelloop(['pause', 'nobody', '--why', 'x'], env())).code).toBe(3);
  });

  test('the status shows the learning curve and the reviews; commands are answered', async () => {
    const { client } = temporal;
    const { file, workflowId } = await loopFile(
      'review: { pollSeconds: 1, minReadSeconds: 0 }',
      'stop: { cycles: 1 }',
    );
    const queue = temporal.uniqueQueue();
    const { readLoopFile } = await import('../../client/loop-file.ts');
    const { startLoop } = await import('../../client/start-loop.ts');
    await startLoop(client, await readLoopFile(file), queue);
    const stubs = new LoopStubs();
    stubs.answersAtOnce = false;
    await temporal.withWorkers({ taskQueue: queue, activities: stubs.activities }, async () => {
      const waiting = await until(async () => {
        const { stdout } = await labelloop(['status', file], env());
        return stdout.includes('wait for annotations') && stdout;
      }, 'the review');
      expect(waiting).toMatch(/^review +answered +skipped +oldest open +link$/m);
      expect(waiting).toMatch(/cycle 0 hold-out +0 of 2 +0 +http:\/\/board\.invalid\/projects\/1$/m);
      expect(waiting).toContain('No model has been measured yet.');

      const paused = await labelloop(['pause', file, '--why', 'lunch', '--by', 'ada'], env());
      expect([paused.code, paused.stdout]).toEqual([
        0,
        expect.stringMatching(/^pause: accepted\. .* pausing after this step\.\n$/),
      ]);
      const resumed = await labelloop(['resume', workflowId, '--why', 'back', '--json'], env());
      expect([resumed.code, JSON.parse(resumed.stdout)]).toMatchObject([0, { paused: false }]);

      stubs.answersAtOnce = true;
      await client.workflow.result(workflowId);
    });
    const ended = await labelloop(['status', file, '--watch'], env());
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/: completed, all 1 cycles are done$/m);
    expect(ended.stdout).toMatch(/^ +1 +2 +0\.750 +0\.500 to 0\.900 +█+·+ +0\.750 +2 +v1 +new$/m);
    const json = await labelloop(['status', workflowId, '--json'], env());
    expect(JSON.parse(json.stdout)).toMatchObject({
      state: 'COMPLETED',
      history: [{ cycle: 1 }, { cycle: 2 }],
    });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a worker says when it is ready, and %s ends it in order',
    async (signal) => {
      const worker = new CommandLine(['worker', '--json'], {
        ...env(),
        LABELLOOP_REPO: 'team/images',
        DAGSHUB_USER_TOKEN: 'a-token',
        DAGSHUB_CLIENT_HOST: 'http://127.0.0.1:9',
        LABELLOOP_WORK_DIR: join(folder, 'work'),
      });
      try {
        await until(
          () => worker.stdout.includes('\n') || worker.child.exitCode !== null,
          'the worker',
          60_000,
        );
        expect(JSON.parse(worker.stdout)).toEqual({
          ready: true,
          repo: 'team/images',
          taskQueues: ['labelloop-loop', 'labelloop-infer', 'labelloop-train'],
          address: temporal.address,
        });
      } finally {
        worker.child.kill(signal);
      }
      const { code, stderr } = await worker.ended();
      expect([code, stderr]).toEqual([0, '']);
    },
  );

  test('a webhook server says where it listens, and SIGTERM ends it', async () => {
    const server = new CommandLine(['webhook', '--port', '0', '--json'], {
      ...env(),
      LABELLOOP_WEBHOOK_SECRET: 'a-secret-of-some-length',
    });
    try {
      await until(() => server.stdout.includes('\n') || server.child.exitCode !== null, 'the server', 60_000);
      const { url } = JSON.parse(server.stdout) as { url: string };
      expect(new URL(url).hostname).toBe('127.0.0.1');
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const second = await labelloop(['webhook', '--port', new URL(url).port], {
        LABELLOOP_WEBHOOK_SECRET: 'a-secret-of-some-length',
      });
      expect([second.code, second.stderr]).toEqual([
        1,
        expect.stringMatching(/^error: .* the port is taken\.\n$/),
      ]);
    } finally {
      server.child.kill('SIGTERM');
    }
    expect((await server.ended()).code).toBe(0);
  });
});
