import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TrainingState } from '../learning/training-state.ts';
import { replaceFile } from './replace-file.ts';

const latestSchema = z.object({
  schema: z.literal('labelloop-checkpoint/1'),
  run_key: z.string(),
  step: z.int().nonnegative(),
  /** The tensors: `value`, `first`, `second`, and the best `value` if there is one, as float32. */
  file: z.string(),
  sha256: z.string(),
  parameters: z.int().positive(),
  loss_sum: z.number(),
  loss_steps: z.int().nonnegative(),
  best: z
    .object({ step: z.int(), valid_loss: z.number(), metrics: z.record(z.string(), z.number()) })
    .nullable(),
});

/** Where a training leaves its state. `latest.json` is replaced last, and so always names a complete file. */
export class CheckpointFolder {
  readonly #dir: string;
  readonly #runKey: string;
  readonly latestFile: string;

  constructor(dir: string, runKey: string) {
    this.#dir = dir;
    this.#runKey = runKey;
    this.latestFile = join(dir, 'latest.json');
  }

  async save(state: TrainingState): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    const { best } = state;
    const parts = [state.value, state.first, state.second, ...(best ? [best.value] : [])];
    const bytes = Buffer.concat(
      parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
    );
    const file = `step-${state.step}.bin`;
    await replaceFile(join(this.#dir, file), bytes);
    const latest: z.infer<typeof latestSchema> = {
      schema: 'labelloop-checkpoint/1',
      run_key: this.#runKey,
      step: state.step,
      file,
      sha256: sha256(bytes),
      parameters: state.value.length,
      loss_sum: state.lossSum,
      loss_steps: state.lossSteps,
      best: best && { step: best.step, valid_loss: best.validLoss, metrics: best.metrics },
    };
    await replaceFile(this.latestFile, JSON.stringify(latest));
    for (const name of await readdir(this.#dir))
      if (/^step-\d+\.bin(\.tmp)?$/.test(name) && name !== file)
        await rm(join(this.#dir, name), { force: true });
  }

  /**
   * The newest state of this very training, or null.
   *
   * @param warn - Told why a checkpoint that is there is not used.
   */
  async load(warn: (message: string) => void): Promise<TrainingState | null> {
    const text = await readFile(this.latestFile, 'utf8').catch(() => null);
    if (text === null) return null;
    const ignore = (reason: string): null => {
      warn(`The checkpoint is not used: ${reason}.`);
      return null;
    };
    const latest = parseLatest(text);
    if (!latest) return ignore('latest.json is no checkpoint of this trainer');
    if (latest.run_key !== this.#runKey)
      return ignore('it belongs to another training (its run_key differs)');
    const bytes = await readFile(join(this.#dir, latest.file)).catch(() => null);
    if (!bytes || sha256(bytes) !== latest.sha256) return ignore(`${latest.file} is missing or broken`);
    const { parameters } = latest;
    const vector = (place: number): Float32Array =>
      new Float32Array(
        Uint8Array.from(bytes.subarray(4 * place * parameters, 4 * (place + 1) * parameters)).buffer,
      );
    return {
      step: latest.step,
      value: vector(0),
      first: vector(1),
      second: vector(2),
      lossSum: latest.loss_sum,
      lossSteps: latest.loss_steps,
      best: latest.best && {
        step: latest.best.step,
        validLoss: latest.best.valid_loss,
        metrics: latest.best.metrics,
        value: vector(3),
      },
    };
  }
}

function parseLatest(text: string): z.infer<typeof latestSchema> | null {
  try {
    return latestSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
