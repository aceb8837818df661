import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluatorOf } from '../core/evaluation/evaluation.ts';
import type { TrainingExample, TrainingProgress } from '../core/ports.ts';
import { sceneClasses, sceneTruth, writeScenes, type SceneTask } from '../demo/scenes.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { LocalModelTrainer } from '../models/local-trainer.ts';
import { Bounds } from './bounds.ts';

const sidePx = 128;
const counts = { train: 200, valid: 60, test: 60 };
const leastPrecision = 0.9;

/**
 * Whether the built-in detector learns from scratch what a person would expect of a small one: 200 generated scenes to learn from, 60 to
 * choose the best model by, and mAP@.5 on 60 others, of boxes or of masks, by the loop's own trainer, runner and evaluator.
 *
 * @throws Error when mAP@.5 is below 0.9.
 */
export async function benchDetector(task: SceneTask): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const { train, valid, test } = counts;
    const { folder: images, truth } = await writeScenes(folder, {
      count: train + valid + test,
      seed: 1,
      sidePx,
    });
    const examples = [...truth].map(([id, shapes]) => ({
      id,
      file: join(images, id),
      truth: sceneTruth(shapes, task, sidePx),
    }));
    const before = await childrenCpuSeconds();
    const { modelDir } = await new LocalModelTrainer({ device: 'cpu' }).train(
      {
        jobDir: folder,
        jobId: 'bench',
        cycle: 1,
        seed: 1,
        task,
        classes: sceneClasses,
        input: { width: sidePx, height: sidePx, channels: 3 },
        train: examples.slice(0, train),
        valid: examples.slice(train, train + valid),
        maxSeconds: 3600,
        params: {},
        trainer: 'built-in',
      },
      { progress: tell, alive: () => undefined },
      new AbortController().signal,
    );
    console.log(`CPU seconds: ${((await childrenCpuSeconds()) - before).toFixed(1)}`);
    const measured = await precisionsOf(modelDir, task, examples.slice(train + valid));
    console.log(`mAP@.5:.95 on ${test} other scenes: ${measured.strict.toFixed(2)}`);
    const bounds = new Bounds();
    bounds.atLeast(`mAP@.5 on ${test} other scenes`, measured.at50, leastPrecision);
    bounds.assert();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tell({ step, metrics }: TrainingProgress): void {
  if (!('valid_map50' in metrics)) return;
  const { train_loss: loss = NaN, valid_loss: valid = NaN, valid_map50: precision = NaN } = metrics;
  console.log(
    `step ${String(step).padStart(3)}  train ${loss.toFixed(2)}  valid ${valid.toFixed(2)}  valid mAP@.5 of boxes ${precision.toFixed(3)}`,
  );
}

async function precisionsOf(
  modelDir: string,
  task: SceneTask,
  others: readonly TrainingExample[],
): Promise<{ at50: number; strict: number }> {
  const runner = new LocalModelRunner({ threads: 1 });
  try {
    const model = await runner.load(modelDir);
    const evaluator = evaluatorOf({ task, classes: sceneClasses });
    for (const { id, file, truth } of others) {
      const [answer] = await model.detect([{ id, bytes: await readFile(file) }]);
      if (!answer || 'unreadable' in answer) throw new Error(`${id} cannot be read`);
      evaluator.add({ path: id, truth, answer }, model.classes);
    }
    const { metric, others: further } = evaluator.evaluation();
    return { at50: metric.value, strict: further['mAP@.5:.95'] ?? NaN };
  } finally {
    await runner.close();
  }
}

/** CPU time of the child processes that have ended, as Linux counts it. */
async function childrenCpuSeconds(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
