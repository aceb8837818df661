import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { cardFileName, modelFileName, type ModelCard } from '../../card.ts';
import { sessionWith } from '../../runner/session-options.ts';
import { opset } from '../graph/graph-builder.ts';
import type { TrainJob } from '../job.ts';
import type { Examples } from './examples.ts';
import { modelGraph } from './graphs.ts';
import type { NetworkShape } from './network.ts';
import type { TrainingParams } from './params.ts';

export const trainer = { name: 'ort-cnn', version: '1' } as const;

export interface TrainedNetwork {
  readonly shape: NetworkShape;
  readonly value: Float32Array;
  readonly temperature: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Writes `model.onnx` and its card into a folder, the card last: a card that is there has its model. */
export async function publishModel(
  outDir: string,
  job: TrainJob,
  params: TrainingParams,
  network: TrainedNetwork,
  sets: { train: Examples; valid: Examples },
): Promise<void> {
  const model = modelGraph(network.shape, network.value, network.temperature);
  const manifest = sets.valid.ids.length > 0 ? 'valid' : 'train';
  const card: ModelCard = {
    schema: 'al-model/1',
    task: 'classification',
    classes: job.classes,
    input: {
      name: 'images',
      dtype: 'uint8',
      layout: 'NHWC',
      ...job.input,
      color: job.input.channels === 1 ? 'GRAY' : 'RGB',
      resize: 'stretch',
      normalisation: 'in-graph',
    },
    output: {
      kind: 'class-probabilities',
      names: ['probabilities', 'embedding'],
      embedding: 'embedding',
      scores: 'probability',
    },
    opset,
    sha256: createHash('sha256').update(model).digest('hex'),
    metrics: { ...network.metrics },
    selftest: {
      manifest,
      index: 0,
      id: sets[manifest].ids[0] ?? '',
      probs: await answerOf(model, job, sets[manifest]),
      tolerance: 0.001,
    },
    trainer,
    params,
    seed: job.seed,
    run_key: job.run_key,
    data: {
      train: job.train.count,
      valid: job.valid.count,
      train_sha256: job.train.sha256,
      valid_sha256: job.valid.sha256,
    },
  };
  await mkdir(outDir, { recursive: true });
  await replaceFile(join(outDir, modelFileName), model);
  await replaceFile(join(outDir, cardFileName), `${JSON.stringify(card, null, 2)}\n`);
}

/** The finished model's answer for the first image of a set. */
async function answerOf(model: Uint8Array, { input }: TrainJob, { pixels }: Examples): Promise<number[]> {
  const { width, height, channels } = input;
  const session = await InferenceSession.create(model, sessionWith(1));
  const image = pixels.slice(0, width * height * channels);
  const result = await session.run({ images: new Tensor('uint8', image, [1, height, width, channels]) });
  await session.release();
  return Array.from(result['probabilities']?.data as Float32Array);
}

async function replaceFile(file: string, data: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.tmp`, data);
  await rename(`${file}.tmp`, file);
}
