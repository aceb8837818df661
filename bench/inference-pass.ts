/**
 * `inference-pass.ts MODEL_DIR IMAGES COUNT TASK CANCEL DEVICE THREADS`: two cycles' inference over COUNT images of a folder in this process, as a
 * worker does it, with the real Data Engine in another; then CANCEL more that are cancelled. Prints this process's CPU milliseconds an image and more, as JSON.
 */
import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignSplitsActivity } from '../activities/assign-splits.ts';
import { ensureDatasourceActivity } from '../activities/ensure-datasource.ts';
import { inferShardActivity } from '../activities/infer-shard.ts';
import type { LabelScheme } from '../core/answers/answers.ts';
import { defaultBoxRule } from '../core/scores/box-aggregates.ts';
import type { ModelTask } from '../core/model-task.ts';
import { readModelFolder } from '../models/card.ts';
import { PixelStore } from '../models/images/pixel-store.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import type { InferDevice } from '../models/runner/infer-devices.ts';
import { runActivity, startActivity } from '../test/support/run-activity.ts';
import { ThreadLossLearner } from '../workers/thread-loss-learner.ts';
import { startEngineProcess } from './engine-process.ts';
import { folderTracker } from './folder-tracker.ts';

export interface InferencePass {
  /** CPU of the worker's process, all its threads, an image. */
  readonly coldMs: number;
  readonly cachedMs: number;
  /** Images a second by the clock. */
  readonly coldPerSecond: number;
  readonly cachedPerSecond: number;
  /** Of 100 timers of the main thread 99 are late by less. */
  readonly delayP99Ms: number;
  /** The CPU time that the main thread takes from one timer to the next: its share of the delay, whatever else the machine does. */
  readonly stretchP99Ms: number;
  readonly peakMegabytes: number;
  /** Cancellations in the middle that ended as such, after which the same process went on. */
  readonly cancelled: number;
}

const [
  modelDir = '',
  photos = '',
  countText = '',
  task = '',
  cancelText = '0',
  device = 'cpu',
  threads = '2',
] = process.argv.slice(2);
const count = Number(countText);
/**
 * Images that are inferred before anything is counted: models are loaded, and V8 compiles what a worker compiles once in its life. It goes on with that
 * for a few hundred images.
 */
const warmImages = 384;
/** Before the main thread is watched. */
const loadedImages = 48;
/** Images of the pass in which the main thread is watched, which costs time of its own: none of them is kept from earlier. */
const watchedImages = 128;
const tickMs = 5;
const rootUrl = 's3://bench/photos';
const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
await linkPhotos(join(folder, 'photos'));
const engine = await startEngineProcess({
  dataDir: join(folder, 'engine'),
  rootUrl,
  images: join(folder, 'photos'),
});
const store = new PixelStore({ dir: join(folder, 'pixels'), maxBytes: 4e9 });
const computing = { device: device as InferDevice, threads: Number(threads) };
const runner = new LocalModelRunner({ ...computing, store });
const deps = {
  engine: engine.client,
  runner,
  tracker: folderTracker(modelDir),
  workDir: join(folder, 'work'),
  losses: new ThreadLossLearner(),
};
const { inferShard } = inferShardActivity(deps);
try {
  const datasource = await runActivity(ensureDatasourceActivity(deps).ensureDatasource, {
    name: 'bench',
    rootUrl,
  });
  const rule = { train: 1, valid: 0, test: 0 };
  await runActivity(assignSplitsActivity(deps).assignSplits, {
    datasourceId: datasource.id,
    seed: 1,
    rule,
  });
  const { card } = await readModelFolder(modelDir);
  const scheme = { task: task as ModelTask, classes: card.classes };
  const cold = await measured('cold', datasource, scheme);
  const cached = await measured('cached', datasource, scheme);
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  const delays = await watched(datasource, scheme);
  let cancelled = 0;
  for (let time = 0; time < Number(cancelText); time++)
    cancelled += await cancelOnce(time, datasource, scheme);
  const pass: InferencePass = {
    coldMs: cold.cpuMs,
    cachedMs: cached.cpuMs,
    coldPerSecond: cold.perSecond,
    cachedPerSecond: cached.perSecond,
    ...delays,
    peakMegabytes,
    cancelled,
  };
  console.log(JSON.stringify(pass));
} finally {
  await runner.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}

/** An image's CPU time, and images a second. */
async function measured(
  runId: string,
  datasource: { id: string },
  scheme: LabelScheme,
): Promise<{ cpuMs: number; perSecond: number }> {
  await infer(runId, datasource, scheme, warmImages);
  const [before, start] = [process.cpuUsage(), performance.now()];
  const { predicted } = await infer(runId, datasource, scheme, warmImages + count);
  const { user, system } = process.cpuUsage(before);
  const tookMs = performance.now() - start;
  if (predicted !== count) throw new Error(`${predicted} of ${count} images were predicted.`);
  return { cpuMs: (user + system) / 1000 / predicted, perSecond: (predicted * 1000) / tookMs };
}

/** By how many milliseconds timers of the main thread are late, and how many it is at work at a stretch. */
async function watched(
  datasource: { id: string },
  scheme: LabelScheme,
): Promise<Pick<InferencePass, 'delayP99Ms' | 'stretchP99Ms'>> {
  const forgetful = new LocalModelRunner(computing);
  const { inferShard } = inferShardActivity({ ...deps, runner: forgetful });
  try {
    await runActivity(inferShard, input('watched', datasource, scheme, loadedImages));
    const [delays, stretches]: [number[], number[]] = [[], []];
    let [last, lastCpu] = [performance.now(), mainThreadCpuMs()];
    const timer = setInterval(() => {
      const [now, cpu] = [performance.now(), mainThreadCpuMs()];
      delays.push(now - last - tickMs);
      stretches.push(cpu - lastCpu);
      [last, lastCpu] = [now, cpu];
    }, tickMs);
    await runActivity(inferShard, input('watched', datasource, scheme, loadedImages + watchedImages));
    clearInterval(timer);
    return { delayP99Ms: p99(delays), stretchP99Ms: p99(stretches) };
  } finally {
    await forgetful.close();
  }
}

/** Where the system tells. */
function mainThreadCpuMs(): number {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

function p99(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
}

function input(runId: string, { id }: { id: string }, scheme: LabelScheme, images: number) {
  const score = scheme.task === 'classification' ? ('margin' as const) : ('least-confidence' as const);
  return {
    runId,
    datasource: { id, rootUrl },
    shard: { after: null, images },
    rule: { score, boxes: defaultBoxRule },
    scheme,
  };
}

function infer(runId: string, datasource: { id: string }, scheme: LabelScheme, images: number) {
  return runActivity(inferShard, input(runId, datasource, scheme, images));
}

/** 1 when an inference that was cancelled after a while ended as cancelled. */
async function cancelOnce(time: number, datasource: { id: string }, scheme: LabelScheme): Promise<number> {
  const runId = `cancelled-${time}`;
  const run = startActivity(inferShard, input(runId, datasource, scheme, count));
  await sleep(20 + 7 * (time % 30));
  run.cancel();
  return run.result.then(
    () => 0,
    (error: unknown) => Number((error as Error).name === 'CancelledFailure'),
  );
}

/** As many names as images are asked for, under which the photos come again and again. */
async function linkPhotos(target: string): Promise<void> {
  await mkdir(target);
  const files = (await readdir(photos)).sort();
  for (let index = 0; index < warmImages + Math.max(count, watchedImages); index++) {
    const file = files[index % files.length] ?? '';
    await link(join(photos, file), join(target, `${String(index).padStart(5, '0')}-${basename(file)}`));
  }
}
