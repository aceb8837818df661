import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sceneClasses, writeScenes } from '../demo/scenes.ts';
import { decodeImage } from '../models/images/decode-image.ts';
import { oneThreadSession } from '../models/runner/session-options.ts';
import { writeJob, type ManifestLine } from '../models/trainers/job.ts';
import { foundObjects } from '../models/trainers/ort-detector/found-objects.ts';
import { map50 } from '../models/trainers/ort-detector/map50.ts';
import { builtInTrainerCommand, runTrainer } from '../models/trainers/run-trainer.ts';
import { Bounds } from './bounds.ts';

const side = 128;
const scenes = { train: 200, valid: 60, test: 60 };
const input = { width: side, height: side, channels: 3 } as const;

/**
 * Whether the built-in detector learns from scratch what a person would expect of a small one: 200 generated scenes to learn from, 60 to
 * choose the best model by, and mAP@.5 on 60 others.
 *
 * @throws Error when mAP@.5 is below 0.9.
 */
export async function benchDetector(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const { folder: images, truth } = await writeScenes(folder, {
      count: scenes.train + scenes.valid + scenes.test,
      seed: 1,
      sidePx: side,
    });
    const lines = [...truth].map(([name, boxes]): ManifestLine => ({
      id: name,
      file: join(images, name),
      width: side,
      height: side,
      labels: { boxes: boxes.map(({ label, boxPx: [x, y, w, h] }) => ({ label, x, y, w, h })) },
    }));
    const { jobFile } = await writeJob(folder, {
      jobId: 'bench',
      cycle: 1,
      seed: 1,
      task: 'detection',
      classes: sceneClasses,
      input,
      train: lines.slice(0, scenes.train),
      valid: lines.slice(scenes.train, scenes.train + scenes.valid),
      params: {},
      maxSeconds: 3600,
    });
    const before = await childrenCpuSeconds();
    const { modelFile } = await runTrainer({
      command: builtInTrainerCommand('detection'),
      jobFile,
      signal: new AbortController().signal,
      maxSeconds: 3600,
      onEvent: (event) => {
        if (event.event !== 'progress' || !('valid_map50' in event.metrics)) return;
        const {
          train_loss: loss = NaN,
          valid_loss: valid = NaN,
          valid_map50: precision = NaN,
        } = event.metrics;
        console.log(
          `step ${String(event.step).padStart(3)}  train ${loss.toFixed(2)}  valid ${valid.toFixed(2)}  valid mAP@.5 ${precision.toFixed(3)}`,
        );
      },
    });
    console.log(`CPU seconds: ${((await childrenCpuSeconds()) - before).toFixed(1)}`);
    const others = [...truth].slice(scenes.train + scenes.valid);
    const bounds = new Bounds();
    bounds.atLeast('mAP@.5 on 60 other scenes', await precisionOf(modelFile, images, others), 0.9);
    bounds.assert();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Scenes = readonly (readonly [
  string,
  readonly { label: string; boxPx: readonly [number, number, number, number] }[],
])[];

async function precisionOf(modelFile: string, images: string, others: Scenes): Promise<number> {
  const session = await InferenceSession.create(modelFile, oneThreadSession);
  const found = [];
  for (const [name] of others) {
    const pixels = await decodeImage(await readFile(join(images, name)), {
      ...input,
      resize: 'letterbox',
      padValue: 114,
    });
    const { output0 } = await session.run({ images: new Tensor('uint8', pixels, [1, side, side, 3]) });
    const answer = output0?.data as Float32Array;
    found.push(foundObjects(answer, sceneClasses.length, { score: 0.001, iou: 0.7 }));
  }
  await session.release();
  const truth = others.map(([, boxes]) =>
    boxes.map(({ label, boxPx }) => ({ label: sceneClasses.findIndex((name) => name === label), boxPx })),
  );
  return map50(found, truth, sceneClasses.length);
}

/** CPU time of the child processes that have ended, as Linux counts it. */
async function childrenCpuSeconds(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
