/** `memory-cycle.ts N`: the passes of one cycle over N images in this process; prints its peak memory as JSON. */
import { defaultBoxRule } from '../core/scores/box-aggregates.ts';
import { link, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assignSplitsActivity } from '../activities/assign-splits.ts';
import { ensureDatasourceActivity } from '../activities/ensure-datasource.ts';
import { inferShardActivity } from '../activities/infer-shard.ts';
import { planInferenceActivity } from '../activities/plan-inference.ts';
import { selectBatchActivity } from '../activities/select-batch.ts';
import type { ExperimentTracker } from '../core/ports.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { modelFolder, untrained } from '../test/models/model-folder.ts';
import { glyphClasses, writeGlyphs } from '../test/support/glyphs.ts';
import { runActivity } from '../test/support/run-activity.ts';
import { ThreadBatchChooser } from '../workers/thread-batch-chooser.ts';
import { ThreadLossLearner } from '../workers/thread-loss-learner.ts';
import { startEngineProcess } from './engine-process.ts';
import { folderTracker } from './folder-tracker.ts';

const images = Number(process.argv[2]);
const rootUrl = 's3://bench/images';
const runId = 'bench';
const shardImages = 1000;
const scheme = { task: 'classification' as const, classes: glyphClasses };

const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
await writeImages(join(folder, 'images'));
const startedMs = Date.now();
const engine = await startEngineProcess({
  dataDir: join(folder, 'engine'),
  rootUrl,
  images: join(folder, 'images'),
});
const runner = new LocalModelRunner({ threads: 1 });
try {
  const deps = {
    engine: engine.client,
    runner,
    tracker: folderTracker(await smallModel()),
    chooser: new ThreadBatchChooser(),
    losses: new ThreadLossLearner(),
    workDir: join(folder, 'work'),
  };
  await cycle(deps);
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ peakMegabytes, seconds: (Date.now() - startedMs) / 1000 }));
} finally {
  await runner.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}

async function cycle(
  deps: Parameters<typeof inferShardActivity>[0] & Parameters<typeof selectBatchActivity>[0],
): Promise<void> {
  const passes = {
    ...ensureDatasourceActivity(deps),
    ...assignSplitsActivity(deps),
    ...planInferenceActivity(deps),
    ...inferShardActivity(deps),
    ...selectBatchActivity(deps),
  };
  const datasource = await runActivity(passes.ensureDatasource, { name: 'bench', rootUrl });
  const ofDatasource = { datasourceId: datasource.id, seed: 1 };
  await runActivity(passes.assignSplits, { ...ofDatasource, rule: { train: 1, valid: 0, test: 0 } });
  const shards = await runActivity(passes.planInference, { datasourceId: datasource.id, shardImages });
  let predicted = 0;
  for (const shard of shards)
    predicted += (
      await runActivity(passes.inferShard, {
        runId,
        datasource,
        shard,
        rule: { score: 'margin' as const, boxes: defaultBoxRule },
        scheme,
      })
    ).predicted;
  const rule = { strategy: 'top-k' as const, maxImages: 100, maxScore: 1, randomShare: 0.05 };
  const { selected, pool } = await runActivity(passes.selectBatch, {
    ...ofDatasource,
    cycle: 1,
    runId,
    cycleRunId: await aRun(deps.tracker),
    rule,
  });
  if (predicted !== images || pool !== images || selected !== 100)
    throw new Error(`${predicted} predicted, ${pool} in the pool, ${selected} selected of ${images}.`);
}

async function aRun(tracker: ExperimentTracker): Promise<string> {
  const experimentId = await tracker.ensureExperiment('bench');
  const run = { experimentId, key: 'bench', name: 'bench', startTimeMs: 0, tags: {} };
  return (await tracker.ensureRun(run)).runId;
}

/** A few hundred pictures under as many names as asked for. */
async function writeImages(target: string): Promise<void> {
  const some = [...(await writeGlyphs(join(folder, 'some'), 300, 1)).keys()];
  await mkdir(target);
  for (let index = 0; index < images; index++)
    await link(
      join(folder, 'some', some[index % some.length] ?? ''),
      join(target, `glyph-${String(index).padStart(6, '0')}.png`),
    );
}

/** A small network, in a folder. */
async function smallModel(): Promise<string> {
  const input = { width: 16, height: 16, channels: 1 };
  const normalisation = { mean: [80], std: [50] };
  const model = untrained({ input, width: 8, classes: glyphClasses.length, normalisation });
  const { dir } = await modelFolder(model, glyphClasses, { input: { width: 16, height: 16 } });
  await rename(dir, join(folder, 'model'));
  return join(folder, 'model');
}
