import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readJpegHeader } from '../models/images/jpeg-header.ts';
import { openJpegTurbo } from '../models/images/jpeg-turbo.ts';
import { Pixels } from '../models/images/pixels.ts';
import { ensurePythonVenv } from '../stack/python-venv.ts';
import { Bounds } from './bounds.ts';
import { benchPhotos } from './inference-models.ts';

const photoCount = 96;
const rounds = 9;

interface Photo {
  readonly bytes: Uint8Array;
  readonly size: { readonly width: number; readonly height: number };
}

/**
 * Decoding JPEGs of 0.9 megapixels, whole and halved, by our decoder and by libjpeg-turbo, in turn, on one thread: CPU time an image, the best round of each.
 *
 * @throws Error when a pixel differs, or ours takes longer.
 */
export async function benchJpeg(): Promise<void> {
  const turbo = openJpegTurbo();
  if (!turbo) throw new Error('libjpeg-turbo is missing here, so there is nothing to compare with.');
  const bin = await ensurePythonVenv({
    venvDir: resolve('.labelloop/venv'),
    name: 'inference',
    env: process.env,
    report: (message) => console.log(`Photos: ${message}`),
  });
  const folder = await benchPhotos(join(bin, 'python'), photoCount);
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const pixels = new Pixels();
  const bounds = new Bounds();
  for (const [way, parts] of [
    ['halved', 2],
    ['whole', 1],
  ] as const) {
    const photos = files.map((bytes): Photo => ({ bytes, size: sizeOf(bytes, parts) }));
    const ours = ({ bytes, size }: Photo) => pixels.decodeJpeg(bytes, { ...size, channels: 3 });
    const theirs = ({ bytes, size }: Photo) =>
      turbo.decode(bytes, pixels.source(4 * size.width * size.height), { ...size, channels: 4 });
    for (const photo of photos) {
      // Resized to their own size, pixels stay as they are.
      const shown = (channels: 3 | 4) => Buffer.from(pixels.resize({ ...photo.size, channels }, photo.size));
      if (!ours(photo)) throw new Error('A photo is refused.');
      const our = shown(3);
      if (!theirs(photo)) throw new Error('libjpeg-turbo refuses a photo.');
      if (!our.equals(shown(4))) throw new Error('The two make different pixels.');
    }
    const [ourMs, theirMs] = [new Array<number>(), new Array<number>()];
    for (let round = 0; round < rounds; round++) {
      ourMs.push(cpuMs(photos, ours));
      theirMs.push(cpuMs(photos, theirs));
    }
    const [best, theirBest] = [Math.min(...ourMs), Math.min(...theirMs)];
    console.log(
      `${way}: ours ${best.toFixed(2)} CPU ms an image, libjpeg-turbo ${theirBest.toFixed(2)}, the same pixels`,
    );
    bounds.atLeast(`${way}, libjpeg-turbo ÷ ours`, theirBest / best, way === 'halved' ? 1.4 : 1.05);
  }
  bounds.assert();
}

function sizeOf(bytes: Uint8Array, parts: number): Photo['size'] {
  const header = readJpegHeader(bytes);
  if (!header) throw new Error('A photo is no JPEG.');
  return { width: Math.ceil(header.width / parts), height: Math.ceil(header.height / parts) };
}

function cpuMs(photos: readonly Photo[], decode: (photo: Photo) => boolean): number {
  const before = process.cpuUsage();
  for (const photo of photos) decode(photo);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / photos.length;
}
