import { Client } from '@temporalio/client';
import { payloadCodecs } from '../../services/temporal/payload-codecs.ts';
import { runHistories, startLoop } from '../support/loop-runs.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment, type TestTemporal } from '../support/temporal.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await testEnvironment();
});
afterAll(() => temporal.close());

test('with keys a whole loop runs, and no payload of its history can be read without them', async () => {
  const codecs = payloadCodecs({ LABELLOOP_PAYLOAD_KEYS: `a:${Buffer.alloc(32, 7).toString('base64')}` });
  const { connection } = temporal.client;
  const client = new Client({ connection, dataConverter: { payloadCodecs: codecs } });
  const taskQueue = temporal.uniqueQueue();
  const stubs = new LoopStubs();
  const spec = loopSpec({ stop: { cycles: 1 } });
  const input = { taskQueue, activities: stubs.activities, payloadCodecs: codecs };
  await temporal.withWorkers(input, async () => {
    const handle = await startLoop(client, taskQueue, spec);
    await expect(handle.result()).resolves.toMatchObject({
      ended: expect.stringContaining('done') as string,
    });

    const text = JSON.stringify(await runHistories(temporal.client, handle));
    const payloads = [...text.matchAll(/"data":"([\w+/=]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString('latin1'),
    );
    expect(payloads.length).toBeGreaterThan(20);
    for (const secret of [spec.datasource.path, spec.classes[0] ?? '', 'trainLabels', 'shardImages'])
      expect(payloads.filter((payload) => payload.includes(`"${secret}"`))).toEqual([]);
  });
});
