import sharp from 'sharp';
import { placeImage, type Placement } from '../../core/geometry/image-placement.ts';
import { resizeBilinear } from './resize-bilinear.ts';
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
  /** `area` by default. */
  readonly interpolation?: 'area' | 'bilinear';
}

/** An image as a model is fed it, and how large it is as it is displayed. */
export interface SizedImage {
  /** `[height][width][channels]` of the model's input. */
  readonly pixels: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** What {@link decodeSizedImage} decodes, where its size does not matter. */
export async function decodeImage(bytes: Uint8Array, shape: ImageShape): Promise<Uint8Array> {
  return (await decodeSizedImage(bytes, shape)).pixels;
}

/**
 * Decodes an image into bytes `[height][width][channels]`, resized as the shape says. The one way of trainer and runner, so that both see the same
 * bytes: EXIF orientation applied; sRGB, CMYK and colour profiles included; 16 bits scaled to eight; alpha dropped, so that what is transparent
 * has the colour that is stored, as in OpenCV and PIL; of an animation or a document the first frame or page.
 *
 * @param bytes - JPEG, PNG, WebP, GIF, TIFF, AVIF or SVG.
 * @throws Error with sharp's reason when the bytes are no whole image.
 */
export async function decodeSizedImage(bytes: Uint8Array, shape: ImageShape): Promise<SizedImage> {
  const image = sharp(bytes, { failOn: 'error' }).autoOrient().removeAlpha();
  const { data, info } = await (
    shape.channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb')
  )
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const source = { data, width: info.width, height: info.height, channels: shape.channels };
  if (info.channels !== shape.channels)
    throw new Error(`decoded to ${info.channels} channels, expected ${shape.channels}`);
  const resize = shape.interpolation === 'bilinear' ? resizeBilinear : resizeByArea;
  const place = placeImage(source, shape, shape.resize);
  const inner = resize(source, place.width, place.height);
  const pixels = shape.resize === 'stretch' ? inner : framed(inner, place, shape);
  return { pixels, widthPx: info.width, heightPx: info.height };
}

function framed(inner: Uint8Array, place: Placement, shape: ImageShape): Uint8Array {
  const { width, height, channels } = shape;
  const result = new Uint8Array(width * height * channels).fill(shape.padValue);
  const rowBytes = place.width * channels;
  for (let row = 0; row < place.height; row++)
    result.set(
      inner.subarray(row * rowBytes, (row + 1) * rowBytes),
      ((place.top + row) * width + place.left) * channels,
    );
  return result;
}
