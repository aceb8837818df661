import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { taskQueue } from '../core/task-queues.ts';

/** Exits with 0 when Temporal has heard of this machine's worker in the last two minutes. */
const quietMs = 120_000;

const connection = await Connection.connect({
  address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233',
  connectTimeout: '5 seconds',
});
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace: process.env['TEMPORAL_NAMESPACE'] ?? 'default',
  taskQueue: { name: taskQueue('loop') },
});
const isServed = pollers.some(
  ({ identity, lastAccessTime }) =>
    identity?.includes(` ${hostname()} `) &&
    Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < quietMs,
);
await connection.close();
process.exit(isServed ? 0 : 1);
