import type { LabelledBox } from './boxes.ts';

export interface Scene {
  /** uint8 `[height][width][channels]`. */
  readonly pixels: Uint8Array;
  readonly boxes: readonly LabelledBox[];
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What is beyond the image's edge, as beyond that of a letterbox. */
export const padValue = 114;
/** Sides change by up to this factor. */
const largestScale = 1.25;
/** The image moves by up to this share of its sides. */
const furthest = 1 / 8;
/** An object of which less than this share of its box is left in the image is gone. */
const leastLeft = 0.3;

/**
 * Mirrors (every other time), resizes by up to a quarter, moves by up to an eighth: image, boxes and outlines alike.
 *
 * @param random - Its next four numbers decide.
 */
export function augmented(scene: Scene, size: Size, random: () => number): Scene {
  const { width, height, channels } = size;
  const isMirrored = random() < 0.5;
  const scale = largestScale ** (2 * random() - 1);
  // The middle stays where it is, but for the move.
  const right = width * (0.5 - scale / 2 + furthest * (2 * random() - 1));
  const down = height * (0.5 - scale / 2 + furthest * (2 * random() - 1));

  const columns = Array.from({ length: width }, (_, x) => {
    const from = Math.floor((x + 0.5 - right) / scale);
    return from < 0 || from >= width ? -1 : isMirrored ? width - 1 - from : from;
  });
  const pixels = new Uint8Array(scene.pixels.length).fill(padValue);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5 - down) / scale);
    if (row < 0 || row >= height) continue;
    for (let x = 0; x < width; x++) {
      const column = columns[x] ?? -1;
      if (column < 0) continue;
      for (let channel = 0; channel < channels; channel++)
        pixels[(y * width + x) * channels + channel] =
          scene.pixels[(row * width + column) * channels + channel] ?? 0;
    }
  }
  const boxes = scene.boxes.flatMap(({ label, boxPx: [left, top, w, h], ringsPx }): LabelledBox[] => {
    const x = (isMirrored ? width - left - w : left) * scale + right;
    const y = top * scale + down;
    const cut = clipped([x, y, w * scale, h * scale], size);
    if (cut[2] * cut[3] < leastLeft * w * h * scale * scale) return [];
    const moved = ringsPx?.map((ring) =>
      ring.map((at, place) =>
        place % 2 === 1 ? at * scale + down : (isMirrored ? width - at : at) * scale + right,
      ),
    );
    return [{ label, boxPx: cut, ...(moved && { ringsPx: moved }) }];
  });
  return { pixels, boxes };
}

/** The part of a box that lies in the image; without area when none does. */
export function clipped(
  [left, top, width, height]: LabelledBox['boxPx'],
  size: Pick<Size, 'width' | 'height'>,
): LabelledBox['boxPx'] {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const [right, bottom] = [Math.min(size.width, left + width), Math.min(size.height, top + height)];
  return [x, y, Math.max(0, right - x), Math.max(0, bottom - y)];
}
