import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { connectTemporal } from '../client/connect.ts';
import { loopStatus } from '../client/loop-status.ts';
import { startLoop } from '../client/start-loop.ts';
import { startWebhookServer } from '../client/webhook-server.ts';
import { loopWorkflowId } from '../core/loop-spec.ts';
import { demoRepo, digitsLoop, digitsRoot } from '../demo/arms.ts';
import { digitsSet } from '../demo/digits-set.ts';
import { SimulatedAnnotator } from '../demo/simulated-annotator.ts';
import { freePort } from '../stack/ports.ts';
import { packageFile } from '../stack/program-entry.ts';
import { progressPrinter } from '../stack/progress.ts';
import { startStack } from '../stack/start-stack.ts';
import { FakeModelRunner } from '../test/support/fake-model-runner.ts';
import { FakeTrainer } from '../test/support/fake-trainer.ts';
import { inputOf, type History } from '../test/support/loop-runs.ts';
import { readWorkerConfig } from '../workers/config.ts';
import { createDeps } from '../workers/create-deps.ts';
import { runWorkers } from '../workers/run-workers.ts';
import { Bounds } from './bounds.ts';

const queues = ['loop', 'infer', 'train'] as const;
const cycles = 5;
const limits = { seconds: 5, events: 100, kilobytes: 20 };

type HistoryEvent = NonNullable<History['events']>[number];

interface CycleCost {
  readonly cycle: number;
  readonly seconds: number;
  readonly events: number;
  readonly kilobytes: number;
}

/**
 * What the loop itself costs a cycle on the real servers, with 1,328 images in one shard, batches of 20, a trainer and a model that answer at
 * once, and webhooks. The clock stands still while people answer: counted are all steps up to the open review, and all after the last answer.
 *
 * @throws Error when the median cycle reaches 5 s, or any one 100 events or 20 KB of history.
 */
export async function benchOverhead(): Promise<void> {
  const dataDir = resolve('.labelloop/bench');
  await rm(dataDir, { recursive: true, force: true });
  const folder = join(dataDir, 'digits');
  await mkdir(join(folder, 'images'), { recursive: true });
  const printer = progressPrinter(process.stderr);
  const stack = await startStack({
    dataDir,
    repo: demoRepo,
    roots: [{ url: digitsRoot, folder: join(folder, 'images') }],
    ports: { temporal: 0, 'temporal-ui': 0, mlflow: 0, 'label-studio': 0, engine: 0 },
    onProgress: printer.onEvent,
  });
  printer.settle();
  const stop = new AbortController();
  const closings: (() => Promise<unknown>)[] = [() => stack.stop()];
  try {
    const python = packageFile(import.meta.url, '.labelloop/venv/mlflow');
    const truth = await digitsSet.write(folder, { python, seed: 1 });
    const port = await freePort();
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...stack.env,
      LABELLOOP_REPO: demoRepo,
      LABELLOOP_WORK_DIR: join(dataDir, 'work'),
      LABELLOOP_WEBHOOK_URL: `http://127.0.0.1:${port}`,
    };
    const temporal = await connectTemporal({ env });
    closings.push(() => temporal.close());
    const { client } = temporal;
    const secret = env['LABELLOOP_WEBHOOK_SECRET'] ?? '';
    const webhook = await startWebhookServer({ client, secret, port });
    closings.push(() => webhook.close());
    const config = readWorkerConfig(env, queues);
    const deps = { ...createDeps(config), trainer: new FakeTrainer(), runner: new FakeModelRunner() };
    const workers = runWorkers({ queues, config, deps, signal: stop.signal });
    closings.push(() => workers);

    const labelStudio = { url: env['LABEL_STUDIO_URL'] ?? '', apiKey: env['LABEL_STUDIO_API_KEY'] ?? '' };
    const annotator = new SimulatedAnnotator(labelStudio, digitsSet.scheme, truth);
    const spec = { ...digitsLoop('margin', { seed: 1, cycles }), inference: { shardImages: 1000 } };
    await startLoop(client, spec);
    const answeredAtMs = await Promise.race([
      answerEveryReview(client, loopWorkflowId(spec), () =>
        annotator.answerOpenTasks(spec.loop, stop.signal),
      ),
      workers.then(() => new Map<number, number>()),
    ]);
    report(await costs(client, loopWorkflowId(spec), answeredAtMs));
  } finally {
    stop.abort();
    for (const close of closings.reverse()) await close();
  }
}

/** Answers each review once it is open, until the loop ends; tells when, by cycle. */
async function answerEveryReview(
  client: Client,
  workflowId: string,
  answer: () => Promise<number>,
): Promise<Map<number, number>> {
  const answeredAtMs = new Map<number, number>();
  for (;;) {
    const { state, status } = await loopStatus(client, workflowId);
    if (state !== 'RUNNING') return answeredAtMs;
    const isOpen = status?.phase === 'wait for annotations' && !answeredAtMs.has(status.cycle);
    if (isOpen && (await answer()) > 0) answeredAtMs.set(status.cycle, Date.now());
    await sleep(200);
  }
}

/** From the runs' histories. Cycle 0, which has no model, and the last one, which only measures, are left out. */
async function costs(
  client: Client,
  workflowId: string,
  answeredAtMs: ReadonlyMap<number, number>,
): Promise<CycleCost[]> {
  const found: CycleCost[] = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { historySize = 0, historyLength } = await handle.describe();
    const history = await handle.fetchHistory();
    const { cycle } = inputOf(history);
    const answered = answeredAtMs.get(cycle);
    if (cycle === 0 || answered === undefined) continue;
    const ms = spent(history.events ?? [], answered);
    found.push({ cycle, seconds: ms / 1000, events: historyLength, kilobytes: historySize / 1024 });
  }
  return found.sort((a, b) => a.cycle - b.cycle);
}

/** Milliseconds of a run without the time from the open review to the last answer. */
function spent(events: readonly HistoryEvent[], answeredMs: number): number {
  const asked = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'openReview',
  );
  const opened = events.find(({ activityTaskCompletedEventAttributes: completed }) =>
    completed?.scheduledEventId?.eq(asked?.eventId ?? 0),
  );
  return timeMs(events.at(-1)) - answeredMs + (timeMs(opened) - timeMs(events[0]));
}

function timeMs(event: HistoryEvent | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? NaN) * 1000 + (nanos ?? 0) / 1e6;
}

function report(cycleCosts: readonly CycleCost[]): void {
  if (cycleCosts.length === 0) throw new Error('No cycle was measured.');
  for (const { cycle, seconds, events, kilobytes } of cycleCosts)
    console.log(
      `cycle ${cycle}  ${seconds.toFixed(2)} s  ${events} events  ${kilobytes.toFixed(1)} KB of history`,
    );
  const bounds = new Bounds();
  const sorted = (value: (cost: CycleCost) => number) => cycleCosts.map(value).sort((a, b) => a - b);
  const median = sorted(({ seconds }) => seconds)[Math.floor(cycleCosts.length / 2)] ?? NaN;
  const most = (value: (cost: CycleCost) => number) => sorted(value).at(-1) ?? NaN;
  bounds.below('seconds of the median cycle', median, limits.seconds);
  bounds.below(
    'events of a cycle, at most',
    most(({ events }) => events),
    limits.events,
  );
  bounds.below(
    'KB of history of a cycle, at most',
    most(({ kilobytes }) => kilobytes),
    limits.kilobytes,
  );
  bounds.assert();
}
