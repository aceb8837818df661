import { join, resolve } from 'node:path';
import { packageFile } from '../stack/program-entry.ts';
import { ensurePythonVenv } from '../stack/python-venv.ts';
import { runCommand } from '../stack/run-command.ts';
import { Bounds } from './bounds.ts';
import { benchModel, benchPhotos, type BenchModel } from './inference-models.ts';
import type { InferencePass } from './inference-pass.ts';
import { compilePass, runInferencePass } from './run-inference-pass.ts';

interface Goal extends BenchModel {
  /** Shares of what ONNX Runtime alone takes: of the first cycle, and of later ones. */
  readonly cold: number;
  readonly cached: number;
  /** Images a second of the first cycle, as times of a loop in torch. */
  readonly torch?: number;
}

/** Passes of half a minute or so. */
const goals: readonly Goal[] = [
  { name: 'mobilenet_v3_small', task: 'classification', side: 224, images: 1440, cold: 0.4, cached: 0.9 },
  { name: 'resnet18', task: 'classification', side: 224, images: 576, cold: 0.89, cached: 0.97, torch: 1.7 },
  { name: 'yolov8n', task: 'detection', side: 640, images: 384, cold: 0.93, cached: 0.97 },
];
const photoCount = 96;
const cancellations = 100;
const mostDelayMs = 20;
const mostMegabytes = 500;

type Way = 'ours' | 'recipe' | 'best' | 'limit' | 'torch';
/** There and back, so that what drifts falls on all alike; what all are held against is measured on both sides of us. */
const order: readonly Way[] = ['limit', 'ours', 'best', 'limit', 'recipe', 'torch'];

/**
 * CPU time an image of inference over JPEGs of about a megapixel, from the Data Engine's query to the metadata written, as the share that ONNX
 * Runtime alone takes of it, on every core at once as ours; beside the recipe's loop and a tuned one in Python, which read the files from disk and write nothing. The Data
 * Engine runs in a process of its own, which counts for nobody. Torch is measured where a Python that has it is named, by the clock: the machine must
 * do nothing else.
 *
 * @throws Error that names each goal that was missed.
 */
export async function benchInference(options: {
  json?: boolean;
  rounds?: string;
  models?: string;
  torch?: string;
}): Promise<void> {
  const rounds = Number(options.rounds ?? 3);
  const wanted = options.models?.split(',') ?? goals.map(({ name }) => name);
  const stranger = wanted.find((one) => !goals.some(({ name }) => name === one));
  if (stranger !== undefined)
    throw new Error(
      `There is no model "${stranger}"; known are ${goals.map(({ name }) => name).join(', ')}.`,
    );
  const bin = await ensurePythonVenv({
    venvDir: resolve('.labelloop/venv'),
    name: 'inference',
    env: process.env,
    report: (message) => console.log(`Python's side: ${message}`),
  });
  const python = join(bin, 'python');
  const photos = await benchPhotos(python, photoCount);
  await compilePass();
  const bounds = new Bounds();
  const shares = { cold: {} as Record<string, number>, cached: {} as Record<string, number> };
  for (const goal of goals.filter(({ name }) => wanted.includes(name))) {
    const { name } = goal;
    const dir = await benchModel(goal);
    const passes: InferencePass[] = [];
    const cpuMs: Record<'recipe' | 'best' | 'limit', number[]> = { recipe: [], best: [], limit: [] };
    const torch: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const limits: number[] = [];
      for (const way of round % 2 === 0 ? order : order.toReversed())
        if (way === 'ours')
          passes.push(
            await runInferencePass({
              modelDir: dir,
              photos,
              images: goal.images,
              task: goal.task,
              cancel: round === 0 && goal === goals[0] ? cancellations : 0,
            }),
          );
        else if (way === 'limit') limits.push((await peer(python, way, goal, dir, photos)).cpuMs);
        else if (way !== 'torch') cpuMs[way].push((await peer(python, way, goal, dir, photos)).cpuMs);
        else if (options.torch !== undefined && goal.torch !== undefined)
          torch.push((await peer(options.torch, way, goal, dir, photos)).imagesPerSecond);
      cpuMs.limit.push(limits.reduce((sum, one) => sum + one, 0) / limits.length);
    }
    const limit = median(cpuMs.limit);
    const share = (milliseconds: readonly number[]) =>
      median(milliseconds.map((one, round) => (cpuMs.limit[round] ?? limit) / one));
    const cold = (shares.cold[name] = share(passes.map(({ coldMs }) => coldMs)));
    const cached = (shares.cached[name] = share(passes.map(({ cachedMs }) => cachedMs)));
    console.log(
      `${name}: ONNX Runtime alone ${limit.toFixed(2)} CPU ms an image; share of the recipe's loop ${share(cpuMs.recipe).toFixed(2)}, of tuned Python ${share(cpuMs.best).toFixed(2)}`,
    );
    bounds.atLeast(`${name}, first cycle`, cold, goal.cold);
    bounds.atLeast(`${name}, first cycle, beside tuned Python`, cold, Number(share(cpuMs.best).toFixed(2)));
    bounds.atLeast(`${name}, later cycles`, cached, goal.cached);
    if (torch.length > 0)
      bounds.atLeast(
        `${name}, first cycle, images a second as times of a loop in torch`,
        median(passes.map(({ coldPerSecond }, round) => coldPerSecond / (torch[round] ?? NaN))),
        goal.torch ?? NaN,
      );
    const delay = Math.max(...passes.map(({ delayP99Ms }) => delayP99Ms));
    const stretch = Math.max(...passes.map(({ stretchP99Ms }) => stretchP99Ms));
    console.log(`${name}, timers of the main thread are late by, p99: ${delay.toFixed(1)} ms`);
    bounds.below(`${name}, CPU of the main thread at a stretch, p99, ms`, stretch, mostDelayMs);
    const peak = Math.max(...passes.map(({ peakMegabytes }) => peakMegabytes));
    bounds.below(`${name}, peak memory of the worker, MB`, peak, mostMegabytes);
    const cancelled = passes.reduce((sum, pass) => sum + pass.cancelled, 0);
    if (goal === goals[0]) bounds.atLeast(`${name}, cancelled without harm`, cancelled, cancellations);
  }
  if (options.json) console.log(JSON.stringify(shares));
  bounds.assert();
}

async function peer(python: string, way: string, { side, images }: Goal, dir: string, photos: string) {
  const script = packageFile(import.meta.url, 'bench/inference_peers.py');
  const args = [script, way, join(dir, 'model.onnx'), String(side), photos, String(images)];
  const { code, lines } = await runCommand(python, args);
  if (code !== 0) throw new Error(`Python's ${way} failed:\n${lines.slice(-10).join('\n')}`);
  return JSON.parse(lines.at(-1) ?? '') as { cpuMs: number; imagesPerSecond: number };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
