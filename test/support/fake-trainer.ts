import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelTrainer, TrainedModel, TrainingJob, TrainingProgress } from '../../core/ports.ts';

const totalSteps = 4;

/**
 * A trainer of four steps with a checkpoint in its job folder after each; the model's bytes are a hash of the examples and the cycle. As the real one it
 * goes on behind its checkpoint, and throws the signal's reason when cancelled.
 */
export class FakeTrainer implements ModelTrainer {
  readonly jobs: TrainingJob[] = [];
  /** Steps trained, over all attempts. */
  steps: number[] = [];
  /** Called before each step; throw to end badly, wait to be slow. */
  beforeStep: (step: number) => Promise<void> | void = () => undefined;

  async train(
    job: TrainingJob,
    on: { progress: (progress: TrainingProgress) => void; alive: () => void },
    signal: AbortSignal,
  ): Promise<TrainedModel> {
    this.jobs.push(job);
    const checkpoint = join(job.jobDir, 'checkpoint');
    const done = Number(await readFile(checkpoint, 'utf8').catch(() => '0'));
    for (let step = done + 1; step <= totalSteps; step++) {
      await this.beforeStep(step);
      signal.throwIfAborted();
      this.steps.push(step);
      on.progress({ step, totalSteps, metrics: { train_loss: 1 / step, valid_loss: 2 / step } });
      await writeFile(checkpoint, String(step));
    }
    return publish(job);
  }
}

async function publish(job: TrainingJob): Promise<TrainedModel> {
  const digest = (examples: TrainingJob['train']) =>
    sha256(
      examples
        .map(
          ({ id, truth }) =>
            `${id}=${'label' in truth ? truth.label : truth.objects.map(({ label }) => label).join('+')}`,
        )
        .sort()
        .join('\n'),
    );
  const trainSha256 = digest(job.train);
  const validSha256 = digest(job.valid);
  const modelDir = join(job.jobDir, 'out');
  await mkdir(modelDir, { recursive: true });
  const model = `model of ${trainSha256}, cycle ${job.cycle}`;
  await writeFile(join(modelDir, 'model.onnx'), model);
  await writeFile(
    join(modelDir, 'model.json'),
    JSON.stringify({ classes: job.classes, sha256: sha256(model) }),
  );
  const backbone = job.backboneFile === undefined ? null : await readFile(job.backboneFile, 'utf8');
  return {
    modelDir,
    sha256: sha256(model),
    metrics: { valid_loss: 0.5 },
    trainSha256,
    validSha256,
    ...(backbone !== null && { backboneSha256: sha256(backbone) }),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
