import sharp from 'sharp';
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
  /** By image, in pixels of the model's input. None: somebody looked and found nothing. */
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

function labelledBoxes({ line, place }: Example, job: TrainJob, size: SizePx): LabelledBox[] {
  if (!('boxes' in line.labels))
    throw new TrainerExit('data', `${place}: has no boxes; the task is detection.`);
  return line.labels.boxes.map(({ label, x, y, w, h }, index) => {
    const boxPx = clipped([x, y, w, h], size);
    if (!(w > 0 && h > 0 && boxPx[2] > 0 && boxPx[3] > 0))
      throw new TrainerExit(
        'data',
        `${place}: box ${index + 1} (${x}, ${y}, ${w}, ${h}) has no area in the image of ${size.width}x${size.height}.`,
      );
    return { label: classIndex(label, job, place), boxPx: intoInput(boxPx, size, job.input) };
  });
}

/** From pixels of the image to those of the model's input. */
export function intoInput([left, top, width, height]: BoxPx, size: SizePx, input: SizePx): BoxPx {
  const frame = placeImage(size, input, 'letterbox');
  const [across, down] = [frame.width / size.width, frame.height / size.height];
  return [left * across + frame.left, top * down + frame.top, width * across, height * down];
}

/** From pixels of the model's input to those of the image, cut at its edges. */
export function intoImage([left, top, width, height]: BoxPx, size: SizePx, input: SizePx): BoxPx {
  const frame = placeImage(size, input, 'letterbox');
  const [across, down] = [size.width / frame.width, size.height / frame.height];
  return clipped(
    [(left - frame.left) * across, (top - frame.top) * down, width * across, height * down],
    size,
  );
}
