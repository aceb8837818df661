/** Pixels, row by row, channels together. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Whether an EXIF orientation (1 to 8) swaps width and height. */
export function turnsAside(orientation: number): boolean {
  return orientation >= 5;
}

/** The pixels as an EXIF orientation (1 to 8) displays them: mirrored, turned, or as they are. */
export function turned({ data, width, height, channels }: Raster, orientation: number): Uint8Array {
  if (orientation === 1) return data;
  const aside = turnsAside(orientation);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const result = new Uint8Array(data.length);
  const [columns, rows] = aside ? [height, width] : [width, height];
  let to = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [x, y] = aside ? [row, column] : [column, row];
      const from = ((fromBottom ? height - 1 - y : y) * width + (fromRight ? width - 1 - x : x)) * channels;
      for (let channel = 0; channel < channels; channel++) result[to++] = data[from + channel] ?? 0;
    }
  return result;
}
