import type { TrainJob } from '../job.ts';
import type { OpenJob } from '../process/read-job.ts';
import { classLabel, readManifest, type Example } from '../process/read-manifest.ts';

/** A labelled set, decoded. */
export interface ClassifiedImages {
  readonly ids: readonly string[];
  /** uint8 `[count][height][width][channels]`. */
  readonly pixels: Uint8Array;
  /** Place of each image's class in the job's classes. */
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

/**
 * @param pulse - Called before each image; may throw to stop.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function readClassifiedImages(
  { job, path }: OpenJob<unknown>,
  ref: TrainJob['train'],
  pulse: () => void,
): Promise<ClassifiedImages> {
  const ids: string[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  const shape = { ...job.input, resize: 'stretch', padValue: 0 } as const;
  const take = (example: Example): void => {
    ids.push(example.line.id);
    labels.push(classLabel(example, job));
    weights.push(example.line.weight ?? 1);
  };
  const pixels = await readManifest(ref, path(ref.manifest), shape, take, pulse);
  return { ids, pixels, labels, weights };
}
