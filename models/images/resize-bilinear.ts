import type { Raster } from './orientation.ts';

/** Weights are whole numbers of this unit, as OpenCV has them. */
const unit = 2048;

/**
 * Resizes by linear interpolation between the four nearest pixels, byte for byte as OpenCV's `INTER_LINEAR` does: it does not smooth before it
 * shrinks, and halving both sides is the mean of four. Models that were trained on such images want them.
 *
 * @see `resize.cpp` of OpenCV 4.11.
 */
export function resizeBilinear(source: Raster, width: number, height: number): Uint8Array {
  if (source.width === width && source.height === height) return Uint8Array.from(source.data);
  if (source.width === 2 * width && source.height === 2 * height) return halved(source, width, height);
  const { data, channels } = source;
  const stride = source.width * channels;
  const columns = neighbours(source.width, width, true);
  const rows = neighbours(source.height, height, false);
  const result = new Uint8Array(width * height * channels);
  const line = width * channels;
  const narrowed = [new Int32Array(line), new Int32Array(line)] as const;
  const holds = [-1, -1];
  const narrow = (row: number): Int32Array => {
    const slot = (row % 2) as 0 | 1;
    const into = narrowed[slot];
    if (holds[slot] === row) return into;
    holds[slot] = row;
    for (let x = 0; x < width; x++) {
      const low = row * stride + (columns.low[x] as number) * channels;
      const high = row * stride + (columns.high[x] as number) * channels;
      const [lowWeight, highWeight] = [columns.lowWeight[x] as number, columns.highWeight[x] as number];
      for (let channel = 0; channel < channels; channel++)
        into[x * channels + channel] =
          (data[low + channel] as number) * lowWeight + (data[high + channel] as number) * highWeight;
    }
    return into;
  };
  for (let y = 0; y < height; y++) {
    const above = narrow(rows.low[y] as number);
    const below = narrow(rows.high[y] as number);
    const [lowWeight, highWeight] = [rows.lowWeight[y] as number, rows.highWeight[y] as number];
    for (let at = 0; at < line; at++)
      result[y * line + at] =
        (((((above[at] as number) >> 4) * lowWeight) >> 16) +
          ((((below[at] as number) >> 4) * highWeight) >> 16) +
          2) >>
        2;
  }
  return result;
}

interface Neighbours {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Int32Array;
  readonly highWeight: Int32Array;
}

/** @param atEdge - Whether what lies beyond the outermost pixels' centres is all of these; along y OpenCV only repeats the row. */
function neighbours(sourceLength: number, length: number, atEdge: boolean): Neighbours {
  const [low, high] = [new Int32Array(length), new Int32Array(length)];
  const [lowWeight, highWeight] = [new Int32Array(length), new Int32Array(length)];
  const step = sourceLength / length;
  const last = sourceLength - 1;
  for (let place = 0; place < length; place++) {
    const at = Math.fround((place + 0.5) * step - 0.5);
    let from = Math.floor(at);
    let share = Math.fround(at - from);
    if (atEdge && (from < 0 || from >= last)) {
      from = Math.min(last, Math.max(0, from));
      share = 0;
    }
    low[place] = Math.min(last, Math.max(0, from));
    high[place] = Math.min(last, Math.max(0, from + 1));
    lowWeight[place] = toUnit(Math.fround(1 - share));
    highWeight[place] = toUnit(share);
  }
  return { low, high, lowWeight, highWeight };
}

/** Half to even, as the processor rounds. */
function toUnit(share: number): number {
  const weight = share * unit;
  const rounded = Math.round(weight);
  return rounded - weight === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function halved({ data, channels, width: across }: Raster, width: number, height: number): Uint8Array {
  const result = new Uint8Array(width * height * channels);
  const stride = across * channels;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++) {
        const at = 2 * y * stride + 2 * x * channels + channel;
        const sum =
          (data[at] as number) +
          (data[at + channels] as number) +
          (data[at + stride] as number) +
          (data[at + stride + channels] as number);
        result[(y * width + x) * channels + channel] = (sum + 2) >> 2;
      }
  return result;
}
