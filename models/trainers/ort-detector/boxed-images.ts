import sharp from 'sharp';
import { boxOfRings } from '../../../core/formats/shape-in-image.ts';
import { placeImage, type SizePx } from '../../../core/geometry/image-placement.ts';
import type { TrainJob } from '../job.ts';
import { classIndex, readManifest, type Example } from '../process/read-manifest.ts';
import type { OpenJob } from '../process/read-job.ts';
import { TrainerExit } from '../process/trainer-exit.ts';
import { clipped, padValue } from './augment.ts';
import type { BoxPx, LabelledBox } from './boxes.ts';

/** A set of images with their objects, decoded. */
export interface BoxedImages {
  readonly ids: readonly string[];
  /** uint8 `[count][height][width][channels]`. */
  readonly pixels: Uint8Array;
  /** By image, in pixels of the model's input; with outlines where masks are learnt. None: somebody looked and found nothing. */
  readonly boxes: readonly (readonly LabelledBox[])[];
  readonly weights: readonly number[];
  /** Of each image as it is displayed. */
  readonly sizesPx: readonly SizePx[];
}

/**
 * @param pulse - Called before each image; may throw to stop.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function readBoxedImages(
  { job, path }: OpenJob<unknown>,
  ref: TrainJob['train'],
  pulse: () => void,
): Promise<BoxedImages> {
  const ids: string[] = [];
  const boxes: LabelledBox[][] = [];
  const weights: number[] = [];
  const sizesPx: SizePx[] = [];
  const take = async (example: Example): Promise<void> => {
    const size = await displayedSize(example);
    ids.push(example.line.id);
    boxes.push(labelledBoxes(example, job, size));
    weights.push(example.line.weight ?? 1);
    sizesPx.push(size);
  };
  const shape = { ...job.input, resize: 'letterbox', padValue } as const;
  const pixels = await readManifest(ref, path(ref.manifest), shape, take, pulse);
  return { ids, pixels, boxes, weights, sizesPx };
}

/** With the EXIF orientation applied; a line that says something else speaks of another image. */
async function displayedSize({ line, bytes, place }: Example): Promise<SizePx> {
  const { autoOrient: size } = await sharp(bytes).metadata();
  const said = { width: line.width ?? size.width, height: line.height ?? size.height };
  if (said.width !== size.width || said.height !== size.height)
    throw new TrainerExit(
      'data',
      `${place}: image ${line.file} has ${size.width}x${size.height} pixels, its line says ${said.width}x${said.height}.`,
    );
  return size;
}

function labelledBoxes(example: Example, job: TrainJob, size: SizePx): LabelledBox[] {
  const { place } = example;
  return objectsOf(example, job.task).map(({ what, label, boxPx, ringsPx }) => {
    const cut = clipped(boxPx, size);
    if (!(boxPx[2] > 0 && boxPx[3] > 0 && cut[2] > 0 && cut[3] > 0))
      throw new TrainerExit(
        'data',
        `${place}: ${what} has no area in the image of ${size.width}x${size.height}.`,
      );
    return {
      label: classIndex(label, job, place),
      boxPx: intoInput(cut, size, job.input),
      ...(ringsPx && { ringsPx: ringsPx.map((ring) => ringIntoInput(ring, size, job.input)) }),
    };
  });
}

/** An object as its line tells it, in pixels of the image. */
interface ToldObject extends Omit<LabelledBox, 'label'> {
  /** For messages. */
  readonly what: string;
  readonly label: string;
}

function objectsOf({ line: { labels }, place }: Example, task: TrainJob['task']): ToldObject[] {
  if (task === 'detection' && 'boxes' in labels)
    return labels.boxes.map(({ label, x, y, w, h }, index) => {
      const boxPx = [x, y, w, h] as const;
      return { what: `box ${index + 1} (${boxPx.join(', ')})`, label, boxPx };
    });
  if (task === 'segmentation' && 'masks' in labels)
    return labels.masks.map(({ label, polygons }, index) => {
      const what = `mask ${index + 1} (${polygons.flat().length} points)`;
      const ringsPx = polygons.filter(({ length }) => length >= 3).map((ring) => ring.flat());
      return { what, label, boxPx: boxOfRings(ringsPx), ringsPx };
    });
  const wanted = task === 'detection' ? 'boxes' : 'masks';
  throw new TrainerExit('data', `${place}: has no ${wanted}; the task is ${task}.`);
}

/** From pixels of the image to those of the model's input. */
export function intoInput([left, top, width, height]: BoxPx, size: SizePx, input: SizePx): BoxPx {
  const frame = placeImage(size, input, 'letterbox');
  const [across, down] = [frame.width / size.width, frame.height / size.height];
  return [left * across + frame.left, top * down + frame.top, width * across, height * down];
}

function ringIntoInput(ring: readonly number[], size: SizePx, input: SizePx): number[] {
  const frame = placeImage(size, input, 'letterbox');
  return ring.map((at, place) =>
    place % 2 === 0
      ? frame.left + (at * frame.width) / size.width
      : frame.top + (at * frame.height) / size.height,
  );
}
