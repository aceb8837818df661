/** Pixels as a decoder gives them, row by row: grey; three planes, of {@link planeBytes} each; or RGB and a fourth byte that is not read. */
export interface SourceShape {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** Of a plane's part of a row: our decoder writes vectors whole. */
export function planeBytes({ width, channels }: SourceShape): number {
  return channels === 3 ? Math.ceil(width / 16) * 16 : width;
}
