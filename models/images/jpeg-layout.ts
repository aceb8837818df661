import type { SizePx } from '../../core/geometry/image-placement.ts';
import type { BaselineJpeg, JpegComponent } from './baseline-jpeg.ts';
import type { SourceShape } from './source-shape.ts';

/** Where in memory a JPEG is decoded: beginnings, in bytes. */
export interface JpegLayout {
  readonly components: readonly ComponentRows[];
  /** MCUs. */
  readonly across: number;
  readonly down: number;
  /** 0: chroma is as large as luma; 1: half as wide; 2: and half as high. */
  readonly smoothing: 0 | 1 | 2;
  readonly chromaRows: number;
  readonly file: number;
  readonly stream: number;
  readonly restarts: number;
  readonly end: number;
}

/** Room for two rows of a component's MCUs. */
export interface ComponentRows {
  /** Pixels of a side that a block gives. */
  readonly side: 4 | 8;
  /** In pixels, of the image's part. */
  readonly width: number;
  readonly at: number;
  readonly stride: number;
}

/** Vectors are read and written whole; a block is read to its end, even behind that of the stream. */
const slackBytes = 256;
/** Narrower chroma libjpeg-turbo does not smooth. */
const leastSmoothed = 3;

/**
 * As libjpeg-turbo does it: of a JPEG that is halved, what is half as large already is decoded whole; and what is smaller still than the image is enlarged.
 *
 * @param size - The image's own; or half of it, rounded up.
 * @param start - What lies before is in use.
 * @param bytes - Of the file.
 * @returns Null for another size, and where chroma is too narrow to be enlarged smoothly.
 */
export function jpegLayout(
  { width, height, components }: BaselineJpeg,
  size: SourceShape,
  { start, bytes }: { start: number; bytes: number },
): JpegLayout | null {
  const [luma, ...chroma] = components;
  const side = sideFor(size, { width, height });
  if (!luma || side === null) return null;
  const isQuartered = luma.down === 2;
  const chromaSide = isQuartered ? 8 : side;
  const smoothing = luma.across === 1 ? 0 : !isQuartered ? 1 : side === 8 ? 2 : 0;
  const across = Math.ceil(width / (8 * luma.across));
  const down = Math.ceil(height / (8 * luma.down));
  let end = start;
  const place = (length: number): number => {
    const at = Math.ceil((end + slackBytes) / 32) * 32;
    end = at + length;
    return at;
  };
  const rowsOf = (one: JpegComponent, itsSide: 4 | 8): ComponentRows => {
    const stride = Math.ceil((across * one.across * itsSide) / 32) * 32 + 32;
    const at = place(2 * one.down * itsSide * stride);
    return {
      side: itsSide,
      width: Math.ceil((width * one.across * itsSide) / (8 * luma.across)),
      at,
      stride,
    };
  };
  const rows = [rowsOf(luma, side), ...chroma.map((one) => rowsOf(one, chromaSide))];
  if (smoothing > 0 && rows.slice(1).some((one) => one.width < leastSmoothed)) return null;
  const chromaRows = place(2 * size.width + slackBytes);
  const [file, stream, restarts] = [place(bytes), place(bytes), place(2 * bytes + 8)];
  return {
    components: rows,
    across,
    down,
    smoothing,
    chromaRows,
    file,
    stream,
    restarts,
    end: end + slackBytes,
  };
}

function sideFor(size: SizePx, own: SizePx): 4 | 8 | null {
  if (size.width === own.width && size.height === own.height) return 8;
  return size.width === Math.ceil(own.width / 2) && size.height === Math.ceil(own.height / 2) ? 4 : null;
}
