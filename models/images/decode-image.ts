import sharp from 'sharp';
import { resizeByArea } from './resize-by-area.ts';

/** What pixels a model wants. */
export interface ImageShape {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: RGB. */
  readonly channels: 1 | 3;
  /** `stretch` ignores the aspect ratio; `letterbox` keeps it, centres the image and fills the rest with `padValue`. */
  readonly resize: 'stretch' | 'letterbox';
  readonly padValue: number;
}

/**
 * Decodes an image into bytes `[height][width][channels]`: EXIF orientation applied, alpha dropped, 8 bits, sRGB, resized by area
 * averaging. The one way of trainer and runner, so that both see the same bytes.
 *
 * @param bytes - JPEG, PNG, WebP, GIF (first frame), TIFF, AVIF or SVG.
 * @throws Error with sharp's reason when the bytes are no whole image.
 */
export async function decodeImage(bytes: Uint8Array, shape: ImageShape): Promise<Uint8Array> {
  const image = sharp(bytes, { failOn: 'error' }).autoOrient().removeAlpha();
  const { data, info } = await (
    shape.channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb')
  )
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const source = { data, width: info.width, height: info.height, channels: shape.channels };
  if (info.channels !== shape.channels)
    throw new Error(`decoded to ${info.channels} channels, expected ${shape.channels}`);
  if (shape.resize === 'stretch') return resizeByArea(source, shape.width, shape.height);
  return letterbox(source, shape);
}

function letterbox(source: Parameters<typeof resizeByArea>[0], shape: ImageShape): Uint8Array {
  const { width, height, channels } = shape;
  const scale = Math.min(width / source.width, height / source.height);
  const innerWidth = Math.max(1, Math.round(source.width * scale));
  const innerHeight = Math.max(1, Math.round(source.height * scale));
  const inner = resizeByArea(source, innerWidth, innerHeight);
  const left = Math.floor((width - innerWidth) / 2);
  const top = Math.floor((height - innerHeight) / 2);
  const result = new Uint8Array(width * height * channels).fill(shape.padValue);
  const rowBytes = innerWidth * channels;
  for (let row = 0; row < innerHeight; row++)
    result.set(inner.subarray(row * rowBytes, (row + 1) * rowBytes), ((top + row) * width + left) * channels);
  return result;
}
