/** Pixels, row by row, channels together. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Resizes so that each new pixel is the mean of the source area that it covers, rounded. Exact where nothing can be lost: an image
 * enlarged by a whole factor without smoothing comes back byte for byte, which sharp's kernels do not give.
 */
export function resizeByArea(source: Pixels, width: number, height: number): Uint8Array {
  if (source.width === width && source.height === height) return Uint8Array.from(source.data);
  const columns = spans(source.width, width);
  const rows = spans(source.height, height);
  const { channels } = source;
  const stride = source.width * channels;
  const narrow = new Float64Array(width * channels);
  const sums = new Float64Array(width * channels);
  const result = new Uint8Array(width * height * channels);
  for (const [y, row] of rows.entries()) {
    sums.fill(0);
    for (const [index, weight] of row.weights.entries()) {
      const line = source.data.subarray((row.first + index) * stride, (row.first + index + 1) * stride);
      narrowLine(line, columns, channels, narrow);
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + weight * (narrow[i] ?? 0);
    }
    for (let i = 0; i < sums.length; i++) result[y * sums.length + i] = Math.round(sums[i] ?? 0);
  }
  return result;
}

interface Span {
  readonly first: number;
  /** Share of each source pixel from `first` on; sums to 1. */
  readonly weights: readonly number[];
}

function spans(sourceLength: number, length: number): Span[] {
  const step = sourceLength / length;
  return Array.from({ length }, (_, place) => {
    const start = place * step;
    const end = Math.min(sourceLength, (place + 1) * step);
    const first = Math.floor(start);
    const last = Math.min(sourceLength, Math.ceil(end)) - 1;
    const overlaps: number[] = [];
    for (let pixel = first; pixel <= last; pixel++)
      overlaps.push(Math.max(0, Math.min(end, pixel + 1) - Math.max(start, pixel)));
    const total = overlaps.reduce((sum, overlap) => sum + overlap, 0);
    return { first, weights: overlaps.map((overlap) => overlap / total) };
  });
}

function narrowLine(line: Uint8Array, columns: readonly Span[], channels: number, into: Float64Array): void {
  for (let column = 0; column < columns.length; column++) {
    const span = columns[column];
    if (!span) continue;
    const { first, weights } = span;
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let index = 0; index < weights.length; index++)
        sum += (weights[index] ?? 0) * (line[(first + index) * channels + channel] ?? 0);
      into[column * channels + channel] = sum;
    }
  }
}
