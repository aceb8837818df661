import sharp from 'sharp';
import { placeImage, type Placement, type SizePx } from '../../core/geometry/image-placement.ts';
import { readJpegHeader, type JpegHeader } from './jpeg-header.ts';
import { openJpegTurbo, type JpegTurbo } from './jpeg-turbo.ts';
import { turned, turnsAside } from './orientation.ts';
import { Pixels } from './pixels.ts';
import { resizeBilinear } from './resize-bilinear.ts';
import type { SourceShape } from './source-shape.ts';

/** What pixels a model wants. */
export interface ImageShape {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: RGB. */
  readonly channels: 1 | 3;
  /** `stretch` ignores the aspect ratio; `letterbox` keeps it, centres the image and fills the rest with `padValue`. */
  readonly resize: 'stretch' | 'letterbox';
  readonly padValue: number;
  /**
   * `area` (the default): each new pixel is the mean of what it covers. `halved-area`: so, of a JPEG that is halved as it is decoded where that leaves
   * no fewer pixels than are wanted. `bilinear`: as {@link resizeBilinear}.
   */
  readonly interpolation?: 'area' | 'halved-area' | 'bilinear';
}

/** An image as a model is fed it, and how large it is as it is displayed. */
export interface SizedImage {
  /** `[height][width][channels]` of the model's input. */
  readonly pixels: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Colour is decoded to four bytes a pixel; a larger image would stay in memory for good. */
const largestDecodedPx = 16_000_000;

let pixels: Pixels | undefined;
let turbo: JpegTurbo | null | undefined;

/** What {@link decodeSizedImage} decodes, where its size does not matter. */
export async function decodeImage(bytes: Uint8Array, shape: ImageShape): Promise<Uint8Array> {
  return (await decodeSizedImage(bytes, shape)).pixels;
}

/**
 * Decodes an image into bytes `[height][width][channels]`, resized as the shape says. The one way of trainer and runner, so that both see the
 * same bytes: EXIF orientation applied; sRGB, CMYK and colour profiles included; 16 bits scaled to eight; alpha dropped, so that what is
 * transparent has the colour that is stored, as in OpenCV and PIL; of an animation or a document the first frame or page.
 *
 * A plain JPEG is decoded on this thread, shrunk on the way only where the shape says so, which trainers then have to repeat: a usual one by
 * {@link Pixels.decodeJpeg}, others by libjpeg-turbo, to the same pixels. Everything else, and whatever these find fault with, goes through sharp.
 *
 * @param bytes - JPEG, PNG, WebP, GIF, TIFF, AVIF or SVG.
 * @param into - Where the pixels go.
 * @throws Error with sharp's reason when the bytes are no whole image.
 */
export async function decodeSizedImage(
  bytes: Uint8Array,
  shape: ImageShape,
  into: Uint8Array = new Uint8Array(shape.width * shape.height * shape.channels),
): Promise<SizedImage> {
  return decodeJpeg(bytes, shape, into) ?? decodeWithSharp(bytes, shape, into);
}

/** Null when it is not a JPEG that is decoded here to what sharp would. */
function decodeJpeg(bytes: Uint8Array, shape: ImageShape, into: Uint8Array): SizedImage | null {
  const header = readJpegHeader(bytes);
  if (!header || !isPlain(header, shape)) return null;
  const { channels } = shape;
  const { width, height } = header;
  if (width * height > largestDecodedPx) return null;
  pixels ??= new Pixels();
  const parts = isHalved(header, shape) ? 2 : 1;
  const planes = { width: Math.ceil(width / parts), height: Math.ceil(height / parts), channels };
  const rgbx = { ...planes, channels: channels === 1 ? 1 : 4 } as const;
  const isDecoded = pixels.decodeJpeg(bytes, planes);
  if (!isDecoded && !decodeWithTurbo(bytes, pixels, rgbx)) return null;
  return fit(pixels, isDecoded ? planes : rgbx, header, shape, into);
}

function decodeWithTurbo(
  bytes: Uint8Array,
  into: Pixels,
  source: SourceShape & { channels: 1 | 4 },
): boolean {
  if (turbo === undefined) turbo = openJpegTurbo();
  const room = into.source(source.width * source.height * source.channels);
  return turbo?.decode(bytes, room, source) ?? false;
}

/** Colour made grey, colour profiles, CMYK and pixels that must be to the byte are sharp's; so is what has no size. */
function isPlain({ width, height, components, bits, hasProfile }: JpegHeader, shape: ImageShape): boolean {
  const isKnown = components === 1 || (components === 3 && shape.channels === 3);
  const isExact = shape.interpolation === 'bilinear';
  return isKnown && bits === 8 && !hasProfile && !isExact && width > 0 && height > 0;
}

function isHalved({ orientation, ...stored }: JpegHeader, shape: ImageShape): boolean {
  if (shape.interpolation !== 'halved-area') return false;
  const displayed = asDisplayed(stored, orientation);
  const inner = placeImage(displayed, shape, shape.resize);
  return displayed.width >= 2 * inner.width && displayed.height >= 2 * inner.height;
}

async function decodeWithSharp(bytes: Uint8Array, shape: ImageShape, into: Uint8Array): Promise<SizedImage> {
  // A copy: sharp cannot read what other threads might write to.
  const own = bytes.buffer instanceof SharedArrayBuffer ? Uint8Array.from(bytes) : bytes;
  const image = sharp(own, { failOn: 'error' }).autoOrient().removeAlpha();
  const { data, info } = await (
    shape.channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb').ensureAlpha()
  )
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const channels = shape.channels === 1 ? 1 : 4;
  if (info.channels !== channels)
    throw new Error(`decoded to ${info.channels} channels, expected ${channels}`);
  pixels ??= new Pixels();
  pixels.source(data.length).set(data);
  const { width, height } = info;
  return fit(pixels, { width, height, channels }, { width, height, orientation: 1 }, shape, into);
}

/** Resizes the source, turns it and places it. */
function fit(
  from: Pixels,
  source: SourceShape,
  stored: { width: number; height: number; orientation: number },
  shape: ImageShape,
  into: Uint8Array,
): SizedImage {
  const displayed = asDisplayed(stored, stored.orientation);
  const inner = placeImage(displayed, shape, shape.resize);
  const size = asDisplayed(inner, stored.orientation);
  const resized =
    shape.interpolation === 'bilinear' ? blended(from, source, size) : from.resize(source, size);
  const image = turned({ data: resized, ...size, channels: shape.channels }, stored.orientation);
  place(image, inner, shape, into);
  return { pixels: into, widthPx: displayed.width, heightPx: displayed.height };
}

function asDisplayed({ width, height }: SizePx, orientation: number): SizePx {
  return turnsAside(orientation) ? { width: height, height: width } : { width, height };
}

/** By the two nearest pixels each way, without the fourth byte. */
function blended(from: Pixels, source: SourceShape, { width, height }: SizePx): Uint8Array {
  const data = from.source(source.width * source.height * source.channels);
  const resized = resizeBilinear({ data, ...source }, width, height);
  return source.channels === 1 ? resized : resized.filter((_, at) => at % 4 !== 3);
}

/** The image in the middle of a border. */
function place(
  image: Uint8Array,
  inner: Placement,
  { width, height, channels, padValue }: ImageShape,
  into: Uint8Array,
): void {
  if (inner.width === width && inner.height === height) {
    into.set(image);
    return;
  }
  into.fill(padValue);
  const rowBytes = inner.width * channels;
  for (let row = 0; row < inner.height; row++)
    into.set(
      image.subarray(row * rowBytes, (row + 1) * rowBytes),
      ((inner.top + row) * width + inner.left) * channels,
    );
}
