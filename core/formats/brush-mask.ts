import { decodeBinary, encodeBinary } from '@thi.ng/rle-pack';
import { DomainError } from '../errors.ts';
import type { PixelMask } from './annotated-image.ts';
import { maskOfPixels, pixelsOfMask } from './pixel-mask.ts';

const channels = 4;

/**
 * A mask as Label Studio's brush keeps it: the image's RGBA bytes, all four equal, packed by rle-pack.
 *
 * @see `decode_rle` and `encode_rle` of label-studio-sdk.
 */
export function packBrush(mask: PixelMask): number[] {
  const pixels = pixelsOfMask(mask);
  const bytes = new Uint8Array(pixels.length * channels);
  pixels.forEach((pixel, index) => {
    if (pixel > 0) bytes.fill(255, index * channels, (index + 1) * channels);
  });
  return Array.from(encodeBinary(bytes, bytes.length, 8, [3, 4, 8, 16]));
}

/**
 * The mask of a brush: every pixel that is not transparent, as its edges are smoothed.
 *
 * @throws {@link DomainError} when it holds another number of pixels, or is no rle-pack at all. Never retried.
 */
export function unpackBrush(rle: readonly number[], width: number, height: number): PixelMask {
  const packed = Uint8Array.from(rle);
  const expected = width * height * channels;
  // Its first 32 bits say how much it unpacks to: a false one must not fill the memory.
  const claimed = packed.length < 4 ? -1 : new DataView(packed.buffer).getUint32(0);
  if (claimed !== expected)
    throw new DomainError(
      `its brush unpacks to ${claimed} bytes; an image of ${width} × ${height} pixels has ${expected}`,
    );
  let bytes: ArrayLike<number>;
  try {
    bytes = decodeBinary(packed);
  } catch (error) {
    throw new DomainError(`its brush is no rle-pack: ${(error as Error).message}`);
  }
  const alpha = new Uint8Array(width * height);
  for (let at = 0; at < alpha.length; at++) alpha[at] = bytes[at * channels + 3] ?? 0;
  return maskOfPixels(alpha, width, height);
}
