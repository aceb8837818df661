/**
 * Records histories of the loop into this folder: `node --import tsx test/replay/record.ts`. Run it when a workflow change is versioned, and
 * keep the older files: loops that run for months replay them.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  annotationsChangedSignal,
  changeBudgetUpdate,
  closeReviewUpdate,
  pauseUpdate,
  resumeUpdate,
  stopUpdate,
} from '../../workflows/messages.ts';
import { command, runHistories, startLoop, untilPhase, type History } from '../support/loop-runs.ts';
import { anHour, loopSpec } from '../support/loop-specs.ts';
import { LoopStubs } from '../support/loop-stubs.ts';
import { testEnvironment } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const temporal = await testEnvironment();
try {
  await recordWholeLoop();
  await recordCommands();
  await recordWaiting();
  await recordStop();
  await recordCancellation();
} finally {
  await temporal.close();
}
console.log((await readdir(folder)).filter((name) => name.endsWith('.json')).join('\n'));

/** Cycle 0, a cycle that ends in the next, and the last one. */
async function recordWholeLoop(): Promise<void> {
  const stubs = new LoopStubs();
  await temporal.withWorkers({ taskQueue: 'replay-whole-loop', activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, 'replay-whole-loop', loopSpec({ stop: { cycles: 1 } }));
    await handle.result();
    const [first, batch, last] = await runHistories(temporal.client, handle);
    await save('first-cycle', first);
    await save('batch-cycle', batch);
    await save('last-cycle', last);
  });
}

async function recordCommands(): Promise<void> {
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  await temporal.withWorkers(
    { taskQueue: 'replay-commands-loop', activities: stubs.activities },
    async () => {
      const handle = await startLoop(temporal.client, 'replay-commands-loop', loopSpec({ review: anHour }));
      await untilPhase(handle, 'wait for annotations');
      await handle.executeUpdate(changeBudgetUpdate, { args: [{ ...command('budget'), labels: 40 }] });
      await handle.executeUpdate(pauseUpdate, { args: [command('pause')] });
      await handle.executeUpdate(closeReviewUpdate, { args: [command('close')] });
      await untilPhase(handle, 'paused');
      await handle.executeUpdate(resumeUpdate, { args: [command('resume')] });
      await untilPhase(handle, 'wait for annotations', { cycle: 1 });
      await save('commands', (await runHistories(temporal.client, handle))[0]);
      await handle.terminate();
    },
  );
}

/** Signals, polls, and a run that continues in the middle of its wait. */
async function recordWaiting(): Promise<void> {
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  const review = { pollSeconds: 1, minReadSeconds: 1, deadlineHours: 24 };
  await temporal.withWorkers({ taskQueue: 'replay-waiting-loop', activities: stubs.activities }, async () => {
    const spec = loopSpec({ review });
    const handle = await startLoop(temporal.client, 'replay-waiting-loop', spec, { eventsPerRun: 110 });
    await untilPhase(handle, 'wait for annotations');
    for (let signal = 0; signal < 3; signal++) {
      await handle.signal(annotationsChangedSignal);
      await sleep(700);
    }
    const [waited] = await until(
      async () => {
        const runs = await runHistories(temporal.client, handle);
        return runs.length > 1 && runs;
      },
      'the second run',
      60_000,
    );
    await save('waited', waited);
    await handle.terminate();
  });
}

async function recordStop(): Promise<void> {
  const stubs = new LoopStubs();
  stubs.answersAtOnce = false;
  await temporal.withWorkers({ taskQueue: 'replay-stop-loop', activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, 'replay-stop-loop', loopSpec({ review: anHour }), {
      cycle: 1,
    });
    await untilPhase(handle, 'wait for annotations');
    await handle.executeUpdate(stopUpdate, { args: [command('stop')] });
    await handle.result();
    await save('stopped', (await runHistories(temporal.client, handle))[0]);
  });
}

async function recordCancellation(): Promise<void> {
  const stubs = new LoopStubs({
    trainModel: async () => {
      const beat = setInterval(() => Context.current().heartbeat(), 50);
      return Context.current().cancelled.finally(() => clearInterval(beat));
    },
  });
  await temporal.withWorkers({ taskQueue: 'replay-cancel-loop', activities: stubs.activities }, async () => {
    const handle = await startLoop(temporal.client, 'replay-cancel-loop', loopSpec(), { cycle: 1 });
    await until(() => stubs.inputs('trainModel').length === 1, 'the training');
    await handle.cancel();
    await handle.result().catch(() => undefined);
    await save('cancelled', (await runHistories(temporal.client, handle))[0]);
  });
}

/** Without the names of the machine that recorded it. */
async function save(name: string, history: History | undefined): Promise<void> {
  if (!history) throw new Error(`Nothing to save as ${name}.`);
  const json = JSON.stringify(
    JSON.parse(historyToJSON(history)),
    (key, value: unknown) => {
      if (key === 'stackTrace') return '';
      return typeof value === 'string' ? value.replaceAll(`${process.pid}@${hostname()}`, 'recorder') : value;
    },
    1,
  );
  await writeFile(`${folder}/${name}.json`, `${json}\n`);
}
