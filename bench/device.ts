import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readModelFolder } from '../models/card.ts';
import { LocalModelRunner } from '../models/local-runner.ts';
import { checkInferDevice } from '../models/runner/infer-device.ts';
import { inferDevices, type InferDevice } from '../models/runner/infer-devices.ts';
import { answerDifference, type AnswerDifference, type ModelAnswer } from './answer-difference.ts';
import { Bounds } from './bounds.ts';
import { compilePass, runInferencePass } from './run-inference-pass.ts';

const compared = 64;
const mostThousandths = 1;
const cancellations = 5;

/**
 * A model on a device beside the processor: the same answers of up to 64 images, and two cycles' inference as a worker does it, with as many threads
 * on both.
 *
 * @throws DomainError when this machine cannot compute on the device; Error that names each bound that was missed.
 */
export async function benchDevice(options: {
  device: string;
  model: string;
  images: string;
  count: string;
  threads: string;
}): Promise<void> {
  const device = inferDevices.find((one) => one === options.device);
  if (!device)
    throw new Error(`There is no device "${options.device}"; known are ${inferDevices.join(', ')}.`);
  await checkInferDevice(device);
  const [modelDir, photos] = [resolve(options.model), resolve(options.images)];
  const threads = Number(options.threads);
  const bounds = new Bounds();
  const [expected, found] = [await answers('cpu', modelDir, photos), await answers(device, modelDir, photos)];
  const differences = expected.map((answer, place) => answerDifference(answer, found[place]));
  const largest = Math.max(...differences.map(({ probability }) => probability));
  const [objects, lost] = [total(differences, 'objects'), total(differences, 'lost')];
  console.log(
    `${expected.length} images; of ${objects} objects on the processor ${lost} are not found on ${device}`,
  );
  bounds.below('largest difference of a probability, thousandths', 1000 * largest, mostThousandths);
  await compilePass();
  const { card } = await readModelFolder(modelDir);
  const speeds: number[] = [];
  for (const on of ['cpu', device] as const) {
    const pass = await runInferencePass({
      modelDir,
      photos,
      images: Number(options.count),
      task: card.task,
      cancel: cancellations,
      device: on,
      threads,
    });
    const { coldPerSecond, cachedPerSecond, coldMs, cachedMs, peakMegabytes, cancelled } = pass;
    console.log(
      `${on}, ${threads} threads: ${coldPerSecond.toFixed(0)} images a second, ${cachedPerSecond.toFixed(0)} in a later cycle; ` +
        `${coldMs.toFixed(2)} and ${cachedMs.toFixed(2)} ms of CPU an image; ${peakMegabytes.toFixed(0)} MB at the peak`,
    );
    bounds.atLeast(`${on}, cancelled without harm`, cancelled, cancellations);
    speeds.push(cachedPerSecond);
  }
  const [cpu = NaN, other = NaN] = speeds;
  bounds.atLeast(`later cycles, images a second as times of the processor's`, other / cpu, 1);
  bounds.assert();
}

async function answers(
  device: InferDevice,
  modelDir: string,
  photos: string,
): Promise<readonly ModelAnswer[]> {
  const runner = new LocalModelRunner({ threads: 1, device });
  try {
    const files = (await readdir(photos)).sort().slice(0, compared);
    const items = await Promise.all(
      files.map(async (id) => ({ id, bytes: await readFile(join(photos, id)) })),
    );
    const model = await runner.load(modelDir);
    const { card } = await readModelFolder(modelDir);
    return await (card.task === 'classification' ? model.classify(items) : model.detect(items));
  } finally {
    await runner.close();
  }
}

function total(differences: readonly AnswerDifference[], what: 'objects' | 'lost'): number {
  return differences.reduce((sum, difference) => sum + difference[what], 0);
}
