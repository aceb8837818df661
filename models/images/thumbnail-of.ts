import type { Placement } from '../../core/geometry/image-placement.ts';
import { thumbnailSide } from '../../core/thumbnail-side.ts';
import { freeAt, openPasses, roomIn, type PassMemory } from './open-passes.ts';

/** Rows of a place that are looked at, where there are twice as many or more. */
const enoughRows = 7;

/**
 * An image as 16×16 grey levels, whatever its aspect ratio: each the mean of the area that it covers, so that it hardly depends on how large the
 * image was, nor on how it was compressed.
 *
 * @param pixels - `[height][width][channels]`.
 * @param shape - Of `pixels`; 1 channel is grey, 3 are RGB.
 * @param inside - Where in the pixels the image lies; the rest is border.
 * @returns `[16][16]`, 0..255.
 */
export function thumbnailOf(
  pixels: Uint8Array,
  { width, channels }: { readonly width: number; readonly channels: 1 | 3 },
  inside: Placement,
): Uint8Array {
  passes ??= openPasses() as Passes;
  const view = roomIn(passes.memory, pixelsAt + pixels.length + slackBytes);
  writeSpans(new DataView(view.buffer, columnsAt), inside.left, inside.width);
  writeSpans(new DataView(view.buffer, rowsAt), inside.top, inside.height);
  view.set(pixels, pixelsAt);
  const step = Math.max(1, Math.floor(inside.height / thumbnailSide / enoughRows));
  passes.thumbnail(pixelsAt, width, channels, columnsAt, rowsAt, step, thumbnailAt);
  return view.slice(thumbnailAt, thumbnailAt + thumbnailSide * thumbnailSide);
}

interface Passes {
  readonly memory: PassMemory;
  thumbnail(...args: readonly number[]): void;
}

let passes: Passes | undefined;

/** Where in the memory of the pass what lies, as `assembly/thumbnail.ts` reads it. */
const columnsAt = freeAt;
const spanBytes = 32;
const rowsAt = columnsAt + thumbnailSide * spanBytes;
const thumbnailAt = rowsAt + thumbnailSide * spanBytes;
const pixelsAt = thumbnailAt + thumbnailSide * thumbnailSide;
const slackBytes = 16;

/** Which pixels each place covers, the first and the last less a part of them. */
function writeSpans(into: DataView, start: number, pixels: number): void {
  const step = pixels / thumbnailSide;
  for (let place = 0; place < thumbnailSide; place++) {
    const at = place * spanBytes;
    const [from, to] = [place * step, (place + 1) * step];
    const first = Math.floor(from);
    const last = Math.ceil(to) - 1;
    into.setInt32(at, start + first, true);
    into.setInt32(at + 4, start + last, true);
    into.setFloat64(at + 8, from - first, true);
    into.setFloat64(at + 16, last + 1 - to, true);
    into.setFloat64(at + 24, to - from, true);
  }
}
