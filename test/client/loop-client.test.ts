import { randomUUID } from 'node:crypto';
import { commandLoop } from '../../client/command-loop.ts';
import { listLoops } from '../../client/list-loops.ts';
import { loopStatus } from '../../client/loop-status.ts';
import { startLoop } from '../../client/start-loop.ts';
import { startWebhookServer } from '../../client/webhook-server.ts';
import { loopWorkflowId, type LoopSpec } from '../../core/loop-spec.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

let temporal: TestTemporal;
const started: string[] = [];

beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(async () => {
  for (const workflowId of started)
    await temporal.client.workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => undefined);
  await temporal.close();
});

const order = { by: 'ada', why: 'a test' };

/** A loop with an id that no other test has. */
function newLoop(changes: Parameters<typeof loopSpec>[0] = {}): LoopSpec {
  const spec = loopSpec({ loop: `t-${randomUUID().slice(0, 12)}`, ...changes });
  started.push(loopWorkflowId(spec));
  return spec;
}

function waitForPeople(): LoopStubs {
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  return stubs;
}

async function untilPhase(workflowId: string, phase: string) {
  return until(async () => {
    const report = await loopStatus(temporal.client, workflowId);
    return report.status?.phase === phase && report;
  }, phase);
}

test('starting twice is harmless, and says so', async () => {
  const spec = newLoop();
  const queue = temporal.uniqueQueue();
  const first = await startLoop(temporal.client, spec, queue);
  const second = await startLoop(temporal.client, spec, queue);
  const other = await startLoop(temporal.client, { ...spec, seed: 2 }, queue);
  expect(first).toMatchObject({ workflowId: loopWorkflowId(spec), started: true, sameSettings: true });
  expect(second).toEqual({ ...first, started: false });
  expect(other).toEqual({ ...first, started: false, sameSettings: false });
});

test('a loop can be paused, resumed and stopped, and its status is told throughout', async () => {
  const { client } = temporal;
  const queue = temporal.uniqueQueue();
  const stubs = waitForPeople();
  const { workflowId } = await startLoop(client, newLoop(), queue);
  await temporal.withWorkers({ taskQueue: queue, activities: stubs.activities }, async () => {
    const waiting = await untilPhase(workflowId, 'wait for annotations');
    expect(waiting).toMatchObject({ state: 'RUNNING', ended: null, history: [] });
    expect(waiting.status?.reviews).toHaveLength(3);

    await expect(commandLoop(client, workflowId, { name: 'pause' }, order)).resolves.toMatchObject({
      paused: true,
    });
    await expect(commandLoop(client, workflowId, { name: 'closeReview' }, order)).resolves.toBeDefined();
    await untilPhase(workflowId, 'paused');
    await expect(commandLoop(client, workflowId, { name: 'closeReview' }, order)).rejects.toMatchObject({
      message: 'The loop refused: No review is waited for; the loop is at "paused".',
      exitCode: 1,
    });
    await commandLoop(client, workflowId, { name: 'resume' }, order);
    const second = await until(async () => {
      const report = await loopStatus(client, workflowId);
      return report.status?.phase === 'wait for annotations' && report.status.cycle === 1 && report;
    }, 'cycle 1 to wait');
    expect(second.history).toMatchObject([
      { cycle: 1, trainLabels: 2, metric: { value: 0.75 }, selected: 2 },
    ]);

    await commandLoop(client, workflowId, { name: 'stop' }, { by: 'ada', why: 'enough' });
    await until(async () => (await loopStatus(client, workflowId)).state === 'COMPLETED', 'the end');
    await expect(commandLoop(client, workflowId, { name: 'pause' }, order)).rejects.toMatchObject({
      message: `The loop "${workflowId}" has ended (completed); it takes no command.`,
      exitCode: 1,
    });
  });
  // No worker any more: the result tells.
  await expect(loopStatus(client, workflowId)).resolves.toMatchObject({
    state: 'COMPLETED',
    ended: 'stopped by ada: enough',
    history: [{ cycle: 1 }],
  });
});

test('a repeated command is carried out once', async () => {
  const { client } = temporal;
  const queue = temporal.uniqueQueue();
  const { workflowId } = await startLoop(client, newLoop(), queue);
  await temporal.withWorkers({ taskQueue: queue, activities: waitForPeople().activities }, async () => {
    await untilPhase(workflowId, 'wait for annotations');
    const again = { ...order, commandId: 'once' };
    await commandLoop(client, workflowId, { name: 'pause' }, again);
    await commandLoop(client, workflowId, { name: 'resume' }, order);
    await expect(commandLoop(client, workflowId, { name: 'pause' }, again)).resolves.toBeDefined();
    await expect(loopStatus(client, workflowId)).resolves.toMatchObject({ status: { paused: false } });
  });
});

test('an ended loop is not started again; one that was terminated is', async () => {
  const { client } = temporal;
  const queue = temporal.uniqueQueue();
  const [done, killed] = [newLoop({ stop: { cycles: 1 } }), newLoop()];
  const { workflowId } = await startLoop(client, done, queue);
  const first = await startLoop(client, killed, queue);
  await client.workflow.getHandle(first.workflowId).terminate();
  await temporal.withWorkers({ taskQueue: queue, activities: new LoopStubs().activities }, () =>
    client.workflow.result(workflowId),
  );
  await expect(startLoop(client, done, queue)).rejects.toMatchObject({
    message: expect.stringMatching(
      /^The loop "t-.*" has ended \(completed on 20.* UTC\) and is not started again; /,
    ),
    exitCode: 1,
  });
  const second = await startLoop(client, killed, queue);
  expect(second).toMatchObject({ started: true });
  expect(second.runId).not.toBe(first.runId);
});

test('an unknown loop is a sentence, and its exit code is 3', async () => {
  const failure = { message: expect.stringContaining('There is no loop "nobody"'), exitCode: 3 };
  await expect(loopStatus(temporal.client, 'nobody')).rejects.toMatchObject(failure);
  await expect(commandLoop(temporal.client, 'nobody', { name: 'pause' }, order)).rejects.toMatchObject(
    failure,
  );
});

test('no worker is one sentence after ten seconds, not a hang', async () => {
  const { client } = temporal;
  const { workflowId } = await startLoop(client, newLoop(), temporal.uniqueQueue());
  const beganMs = Date.now();
  const [status, command] = await Promise.allSettled([
    loopStatus(client, workflowId),
    commandLoop(client, workflowId, { name: 'pause' }, { ...order, commandId: 'mine' }),
  ]);
  expect(Date.now() - beganMs).toBeLessThan(60_000);
  expect(status).toMatchObject({
    reason: {
      message:
        'No worker answered within 10 s; start one with "labelloop worker". The loop has not begun, by Temporal\'s account.',
      exitCode: 1,
    },
  });
  expect(command).toMatchObject({
    reason: { message: expect.stringContaining('--command-id mine'), exitCode: 1 },
  });
}, 90_000);

test('loops are listed, each once', async () => {
  const spec = newLoop();
  const { workflowId } = await startLoop(temporal.client, spec, temporal.uniqueQueue());
  const mine = await until(
    async () => (await listLoops(temporal.client, 1000)).filter((loop) => loop.workflowId === workflowId)[0],
    'the loop in the list',
  );
  expect(mine).toMatchObject({ state: 'RUNNING', phase: null });
});

test('an event of Label Studio wakes a waiting loop long before its poll', async () => {
  const { client } = temporal;
  const queue = temporal.uniqueQueue();
  const spec = newLoop({ review: { pollSeconds: 3600, minReadSeconds: 0 } });
  const stubs = waitForPeople();
  const { workflowId } = await startLoop(client, spec, queue);
  const secret = 'a-secret-of-some-length';
  await temporal.withWorkers({ taskQueue: queue, activities: stubs.activities }, async () => {
    await untilPhase(workflowId, 'wait for annotations');
    const server = await startWebhookServer({ client, secret, port: 0 });
    const post = async () =>
      (
        await fetch(`${server.url}/webhooks/label-studio/${workflowId}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-labelloop-secret': secret },
          body: JSON.stringify({ action: 'ANNOTATION_CREATED' }),
        })
      ).status;
    try {
      for (const part of ['hold-out', 'validation', 'first']) stubs.answer(`${spec.loop} cycle 0 ${part}`);
      await until(async () => (await post()) === 202, 'the event to be taken');
      await until(
        async () => ((await loopStatus(client, workflowId)).status?.cycle ?? 0) === 1,
        'the next cycle',
      );
    } finally {
      await server.close();
    }
  });
});
