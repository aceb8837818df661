import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cardFileName, modelFileName, type ModelCard } from '../../card.ts';
import { opset as ownOpset } from '../graph/graph-builder.ts';
import type { FinishedModel } from './learner.ts';
import type { OpenJob } from './read-job.ts';
import { replaceFile } from './replace-file.ts';

/** Writes `model.onnx` and its card into the job's output folder, the card last: a card that is there has its model. */
export async function publishModel(
  { job, params, path }: OpenJob<Readonly<Record<string, unknown>>>,
  trainer: ModelCard['trainer'],
  { model, card, opset = ownOpset }: FinishedModel,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const whole: ModelCard = {
    schema: 'al-model/1',
    task: job.task,
    classes: job.classes,
    input: card.input,
    output: card.output,
    opset,
    sha256: createHash('sha256').update(model).digest('hex'),
    metrics: { ...metrics },
    selftest: card.selftest,
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
  const outDir = path(job.out_dir);
  await mkdir(outDir, { recursive: true });
  await replaceFile(join(outDir, modelFileName), model);
  await replaceFile(join(outDir, cardFileName), `${JSON.stringify(whole, null, 2)}\n`);
}
