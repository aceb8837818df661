import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { boxOfShape, ringsOfShape } from '../core/formats/shape-forms.ts';
import type {
  ModelTrainer,
  TrainedModel,
  TrainingExample,
  TrainingJob,
  TrainingProgress,
} from '../core/ports.ts';
import type { ModelTask } from '../core/model-task.ts';
import type { ObjectsTruth } from '../core/truth.ts';
import type { ModelCard } from './card.ts';
import { InferencePool } from './runner/inference-pool.ts';
import { selfTest } from './runner/self-test.ts';
import { manifestLineSchema, writeJob, type ManifestLine } from './trainers/job.ts';
import { builtInTrainerCommand, runTrainer } from './trainers/run-trainer.ts';

/** A trainer says how far it is every 10 s; exports are silent for longer, and the heartbeat must go on. */
const aliveMs = 10_000;
/** What a trainer may take beyond its own limit for its last checkpoint and its export. */
const overtimeSeconds = 300;

/** Trains in a child process of this machine that speaks `al-train/1`. */
export class LocalModelTrainer implements ModelTrainer {
  readonly #device: string;

  /** @param input - `device`: what trainers are told to compute on, `cpu` or `cuda:0`. */
  constructor({ device }: { device: string }) {
    this.#device = device;
  }

  async train(
    job: TrainingJob,
    on: { progress: (progress: TrainingProgress) => void; alive: () => void },
    signal: AbortSignal,
  ): Promise<TrainedModel> {
    const { jobFile, job: written } = await writeJob(job.jobDir, {
      ...job,
      train: job.train.map((one) => manifestLine(job.task, one)),
      valid: job.valid.map((one) => manifestLine(job.task, one)),
      device: this.#device,
    });
    const alive = setInterval(on.alive, aliveMs);
    try {
      const { modelFile, card, metrics } = await runTrainer({
        command: job.trainer === 'built-in' ? builtInTrainerCommand(job.task) : job.trainer,
        jobFile,
        signal,
        maxSeconds: job.maxSeconds + overtimeSeconds,
        onEvent: (event) => {
          if (event.event !== 'progress') on.alive();
          else on.progress({ step: event.step, totalSteps: event.total, metrics: event.metrics });
        },
      });
      const modelDir = dirname(modelFile);
      await repeatSelfTest(job.jobDir, modelDir, card, signal);
      return {
        modelDir,
        sha256: card.sha256,
        ...(written.backbone && { backboneSha256: written.backbone.sha256 }),
        metrics,
        trainSha256: written.train.sha256,
        validSha256: written.valid.sha256,
      };
    } finally {
      clearInterval(alive);
    }
  }
}

function manifestLine(task: ModelTask, { id, file, truth }: TrainingExample): ManifestLine {
  const line = { id, file: resolve(file) };
  if ('label' in truth) return { ...line, labels: { class: truth.label } };
  return { ...line, ...truth.sizePx, labels: task === 'detection' ? boxes(truth) : masks(truth) };
}

function boxes({ objects }: ObjectsTruth): ManifestLine['labels'] {
  return {
    boxes: objects.map(({ label, shape }) => {
      const [x, y, w, h] = boxOfShape(shape);
      return { label, x, y, w, h };
    }),
  };
}

function masks({ objects }: ObjectsTruth): ManifestLine['labels'] {
  return {
    masks: objects.map(({ label, shape }) => ({ label, polygons: ringsOfShape(shape).map(points) })),
  };
}

function points(ring: readonly number[]): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, at) => [ring[2 * at] ?? 0, ring[2 * at + 1] ?? 0]);
}

/** Runs the model once here, as inference will, and compares with what the trainer saw. */
export async function repeatSelfTest(
  jobDir: string,
  modelDir: string,
  card: ModelCard,
  signal: AbortSignal,
): Promise<void> {
  const image = await selfTestImage(jobDir, card);
  const pool = await InferencePool.open({ modelDir, threads: 1 });
  try {
    await selfTest(pool, image, signal);
  } finally {
    await pool.close();
  }
}

export async function selfTestImage(jobDir: string, { selftest }: ModelCard): Promise<Uint8Array> {
  if (!selftest)
    throw new TrainerError('The trained model is refused: its card has no self-test.', { retryable: false });
  const manifest = await readFile(join(jobDir, `${selftest.manifest}.jsonl`), 'utf8');
  const text = manifest.split('\n')[selftest.index];
  const line = text ? manifestLineSchema.parse(JSON.parse(text)) : undefined;
  if (!line || (selftest.id !== undefined && selftest.id !== line.id))
    throw new TrainerError(
      `The trained model is refused: its self-test names line ${selftest.index} of ${selftest.manifest}.jsonl, which is no such image.`,
      { retryable: false },
    );
  return readFile(resolve(jobDir, line.file));
}
