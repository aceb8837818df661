import { randomUUID } from 'node:crypto';
import { collectLoop } from '../../client/collect-loop.ts';
import { startLoop } from '../../client/start-loop.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

test('an ended loop is collected once more, over all its reviews; one that runs, or never did, is not', async () => {
  const { client } = temporal;
  const queue = temporal.uniqueQueue();
  const spec = loopSpec({ loop: `t-${randomUUID().slice(0, 12)}`, stop: { cycles: 1 } });
  await expect(collectLoop(client, spec, queue)).rejects.toMatchObject({ exitCode: 3 });
  const changed = { projectId: 1, collected: 2, unchanged: 0, skipped: 0, open: 0, cleared: 1, stale: [1] };
  const stubs = new LoopStubs();
  const { collectAnnotations } = stubs.activities;
  stubs.activities.collectAnnotations = async (input) =>
    input.whole ? [changed] : collectAnnotations(input);
  const { workflowId } = await startLoop(client, spec, queue);
  await expect(collectLoop(client, spec, queue)).rejects.toThrow('runs, and collects by itself');
  await temporal.withWorkers({ taskQueue: queue, activities: stubs.activities }, async () => {
    await client.workflow.getHandle(workflowId).result();
    expect(await collectLoop(client, spec, queue)).toEqual([changed]);
  });
});
