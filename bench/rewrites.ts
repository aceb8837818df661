import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { readModelFolder, type ModelCard } from '../models/card.ts';
import { rewrittenFile } from '../models/rewrites/rewritten-file.ts';
import { inputTensor } from '../models/runner/input-tensor.ts';
import { rowsPerRun } from '../models/runner/rows-per-run.ts';
import { oneThreadSession } from '../models/runner/session-options.ts';
import { Bounds } from './bounds.ts';
import { benchModel, type BenchModel } from './inference-models.ts';

/** Times of the given model's speed. */
const goals: readonly (BenchModel & { readonly atLeast: number })[] = [
  { name: 'mobilenet_v3_small', task: 'classification', side: 224, images: 160, atLeast: 1.02 },
  { name: 'yolov8n', task: 'detection', side: 640, images: 10, atLeast: 1.04 },
];
const rounds = 9;

/**
 * CPU time an image of a model as it is and as it is rewritten, in turns on one thread, ONNX Runtime alone.
 *
 * @throws Error that names each goal that was missed.
 */
export async function benchRewrites({ model }: { model?: string } = {}): Promise<void> {
  const bounds = new Bounds();
  if (model !== undefined) {
    await gainOf(model, model, 10);
    return;
  }
  for (const goal of goals) {
    const gain = await gainOf(goal.name, await benchModel(goal), goal.images);
    bounds.atLeast(`${goal.name}, as it is ÷ rewritten`, gain, goal.atLeast);
  }
  bounds.assert();
}

async function gainOf(name: string, modelDir: string, images: number): Promise<number> {
  const { modelFile, card } = await readModelFolder(modelDir);
  const into = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const started = performance.now();
    const file = await rewrittenFile(modelDir, into);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (file === null) {
      console.log(
        `${name}: nothing to gain, or other answers; it is run as it is (found out in ${seconds} s)`,
      );
      return 1;
    }
    const sessions = [await open(modelFile), await open(file)] as const;
    const least = [Infinity, Infinity] as [number, number];
    for (let round = 0; round < rounds; round++)
      for (const way of [0, 1] as const)
        least[way] = Math.min(least[way], await cpuMs(sessions[way], card, images));
    for (const session of sessions) await session.release();
    console.log(
      `${name}: ${least[0].toFixed(2)} CPU ms an image as it is, ${least[1].toFixed(2)} rewritten, which took ${seconds} s`,
    );
    return least[0] / least[1];
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

function open(file: string): Promise<InferenceSession> {
  return InferenceSession.create(file, oneThreadSession);
}

/** Of about so many images, as many together as the runner gives. */
async function cpuMs(session: InferenceSession, card: ModelCard, images: number): Promise<number> {
  const { name, width, height, channels } = card.input;
  const rows = rowsPerRun(card);
  const image = new Uint8Array(width * height * channels).fill(100);
  const feed: Record<string, Tensor> = { [name]: inputTensor(card, Array<Uint8Array>(rows).fill(image)) };
  await session.run(feed);
  const before = process.cpuUsage();
  for (let run = 0; run < images / rows; run++) await session.run(feed);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (Math.ceil(images / rows) * rows);
}
