import { link, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { assignSplitsActivity } from '../activities/assign-splits.ts';
import { ensureDatasourceActivity } from '../activities/ensure-datasource.ts';
import { planInferenceActivity } from '../activities/plan-inference.ts';
import { firstState } from '../core/loop-state.ts';
import { programEntry } from '../stack/program-entry.ts';
import { modelFolder, untrained } from '../test/models/model-folder.ts';
import { glyphClasses, writeGlyphs } from '../test/support/glyphs.ts';
import { loopSpec } from '../test/support/loop-specs.ts';
import { LoopStubs } from '../test/support/loop-stubs.ts';
import { runActivity } from '../test/support/run-activity.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';
import { Bounds } from './bounds.ts';
import { startEngineProcess } from './engine-process.ts';
import { startFenced, whyNoFence, type FencedProcess } from './fenced-process.ts';

const rootUrl = 's3://bench/images';
const shardImages = 8;
const leastShare = 0.9;
/** There and back, so that what drifts falls on all alike. */
const order = [1, 2, 4, 2, 1];

/**
 * Throughput of one loop's inference at 1, 2 and 4 workers, each in a network namespace of its own with a share of a core: the loop's real
 * workflow on the real Temporal server, shards planned and read from the real Data Engine, a network that takes some 20 ms of CPU an image.
 * What is no inference (training, reviews) is answered at once. Linux and root only; elsewhere it says so and measures nothing.
 *
 * @throws Error when 2 or 4 workers reach less than 0.9 of twice or four times as much as one.
 */
export async function benchScaling(options: { cores?: string; images?: string } = {}): Promise<void> {
  const missing = whyNoFence();
  if (missing !== null) {
    console.log(`Not measured: ${missing}`);
    return;
  }
  const [cores, images] = [Number(options.cores ?? 0.5), Number(options.images ?? 1152)];
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  const modelDir = await heavyModel(folder);
  await writeImages(folder, images);
  const engine = await startEngineProcess({
    dataDir: join(folder, 'engine'),
    rootUrl,
    images: join(folder, 'images'),
  });
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: workflowsPath(),
    logger: new DefaultLogger('ERROR'),
  });
  const temporal = await startTemporalServer();
  const workers: FencedProcess[] = [];
  try {
    const setUp = {
      ...ensureDatasourceActivity({ engine: engine.client }),
      ...assignSplitsActivity({ engine: engine.client }),
    };
    const datasource = await runActivity(setUp.ensureDatasource, { name: 'bench', rootUrl });
    const rule = { train: 1, valid: 0, test: 0 };
    await runActivity(setUp.assignSplits, { datasourceId: datasource.id, seed: 1, rule });
    const ports = [engine.host, `http://${temporal.address}`].map((url) => Number(new URL(url).port));
    const entry = programEntry(import.meta.url, 'scaling-worker');
    const rates = new Map<number, number[]>();
    let started = 0;
    for (const [round, count] of order.entries()) {
      while (workers.length > count) await workers.pop()?.stop();
      while (workers.length < count) {
        const number = ++started;
        const args = (host: string) => [
          ...entry,
          `${host}:${ports[1]}`,
          `http://${host}:${ports[0]}`,
          engine.repo,
          engine.token,
          modelDir,
          join(folder, `work-${number}`),
          datasource.id,
          rootUrl,
        ];
        workers.push(await startFenced({ number, cores, ports, args }));
      }
      const before = await cpuOf(workers);
      const seconds = await inferOnce(round);
      const cpu = (await cpuOf(workers)) - before;
      rates.set(count, [...(rates.get(count) ?? []), images / seconds]);
      console.log(
        `${count} ${count === 1 ? 'worker' : 'workers'}: ${(images / seconds).toFixed(1)} images/s, ` +
          `${(images / cpu).toFixed(1)} a second of CPU, ${((100 * cpu) / seconds / count / cores).toFixed(0)} % of their CPU taken`,
      );
    }
    const rate = (count: number) => mean(rates.get(count) ?? []);
    const bounds = new Bounds();
    for (const count of [2, 4])
      bounds.atLeast(
        `${count} workers, as share of ${count} times one`,
        rate(count) / rate(1) / count,
        leastShare,
      );
    bounds.assert();

    /** One cycle of a loop; the seconds from the plan to the end of the last shard. */
    async function inferOnce(round: number): Promise<number> {
      let [plannedMs, doneMs] = [0, 0];
      const { planInference } = planInferenceActivity({ engine: engine.client });
      const stubs = new LoopStubs({
        ensureDatasource: () => Promise.resolve(datasource),
        trainModel: async (input) => ({
          ...(await new LoopStubs().activities.trainModel(input)),
          runId: `run-${process.pid}-${round}`,
        }),
        planInference: async (input) => {
          const shards = await planInference(input);
          plannedMs = performance.now();
          return shards;
        },
        selectBatch: () => {
          doneMs = performance.now();
          return Promise.resolve({ selected: 0, pool: 0 });
        },
      });
      const { client, nativeConnection: connection } = temporal;
      const common = { connection, activities: stubs.activities };
      const loop = await Worker.create({ ...common, taskQueue: 'scaling-loop', workflowBundle });
      const train = await Worker.create({ ...common, taskQueue: 'scaling-train' });
      const spec = {
        ...loopSpec({ stop: { cycles: 2 }, inference: { shardImages } }),
        classes: [...glyphClasses],
      };
      const run = client.workflow.execute('activeLearningLoop', {
        workflowId: `scaling-${round}`,
        taskQueue: 'scaling-loop',
        args: [{ ...firstState(spec), cycle: 1 }],
      });
      await train.runUntil(loop.runUntil(run));
      return (doneMs - plannedMs) / 1000;
    }
  } finally {
    for (const worker of workers) await worker.stop();
    await temporal.teardown();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function cpuOf(workers: readonly FencedProcess[]): Promise<number> {
  const seconds = await Promise.all(workers.map((worker) => worker.cpuSeconds()));
  return seconds.reduce((sum, one) => sum + one, 0);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

function workflowsPath(): string {
  return fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
}

async function heavyModel(folder: string): Promise<string> {
  const input = { width: 96, height: 96, channels: 1 } as const;
  const normalisation = { mean: [80], std: [50] };
  const model = untrained({ input, width: 64, classes: glyphClasses.length, normalisation });
  const { dir } = await modelFolder(model, glyphClasses, { input });
  await rename(dir, join(folder, 'model'));
  return join(folder, 'model');
}

/** Few pictures under as many names as asked for. */
async function writeImages(folder: string, count: number): Promise<void> {
  const some = [...(await writeGlyphs(join(folder, 'some'), 48, 1)).keys()];
  await mkdir(join(folder, 'images'));
  for (let index = 0; index < count; index++)
    await link(
      join(folder, 'some', some[index % some.length] ?? ''),
      join(folder, 'images', `glyph-${String(index).padStart(5, '0')}.png`),
    );
}
