import type { TrainJob } from '../job.ts';
import type { OpenJob } from '../process/read-job.ts';
import { classIndex, readManifest } from '../process/read-manifest.ts';
import { TrainerExit } from '../process/trainer-exit.ts';

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
  const take: Parameters<typeof readManifest>[3] = ({ line, place }) => {
    if (!('class' in line.labels))
      throw new TrainerExit('data', `${place}: has no class; the task is classification.`);
    ids.push(line.id);
    labels.push(classIndex(line.labels.class, job, place));
    weights.push(line.weight ?? 1);
  };
  const pixels = await readManifest(ref, path(ref.manifest), shape, take, pulse);
  return { ids, pixels, labels, weights };
}
