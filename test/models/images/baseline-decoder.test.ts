import fc from 'fast-check';
import sharp from 'sharp';
import { seededRandom } from '../../../core/seeded-random.ts';
import { readJpegHeader } from '../../../models/images/jpeg-header.ts';
import { openJpegTurbo, type JpegTurbo } from '../../../models/images/jpeg-turbo.ts';
import { Pixels } from '../../../models/images/pixels.ts';
import type { SourceShape } from '../../../models/images/source-shape.ts';
import { fuzzOptions, fuzzTimeoutMs } from '../../fuzz/fuzz-options.ts';

/** Made by Pillow 13.0.0 with restarts: 39 × 42 of chroma at half the size, every two MCUs; and 12 × 37 of grey, every four. */
const restarting = {
  colour: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAAqACcDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAQAC/8QAFhABAQEAAAAAAAAAAAAAAAAAABEB/8QAFgEBAQEAAAAAAAAAAAAAAAAAAQAC/8QAGhEBAQEBAQEBAAAAAAAAAAAAAAERIUESMf/dAAQAAv/aAAwDAQACEQMRAD8A1QyTeCzCNWgaZOa//9ASSX01GdNCnVa//9HJRwnxlNxIa//SyQjeNSEgrxm/r//TagmWsf/Z',
    'base64',
  ),
  grey: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////wAALCAAlAAwBAREA/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAEDAv/EACUQAAEDAgUEAwAAAAAAAAAAAAEAESFx8AIxQWGRAxKBwULR4f/dAAQABP/aAAgBAQAAPwCpmm2fq+E0gGJ383TjVZxdIYy5eIz+1//QsYLuaXKRBPyI49hAEvdL1moe54A8n8K//9GxDtsVnC2N8wxbM6L/2Q==',
    'base64',
  ),
};

const pixels = new Pixels();
const turbo = openJpegTurbo();
/** Where libjpeg-turbo is missing, there is nothing to compare with. */
const whereTurbo = turbo ? test : test.skip;

/** From even areas to noise, as codes of all lengths need it. */
function picture(width: number, height: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const colours = Array.from({ length: 16 }, () => 256 * random());
  return Buffer.from(
    Array.from({ length: width * height * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      const noise = x < width / 3 ? 0 : x < (2 * width) / 3 ? 40 * random() : 256 * random();
      return ((colours[(3 * (x >> 4) + 5 * (y >> 4) + (at % 3)) % 16] ?? 0) + noise) & 255;
    }),
  );
}

/** What both decoders make of a JPEG; null where they refuse it. */
function decoded(jpeg: Uint8Array, halved: boolean, channels: 1 | 3) {
  const header = readJpegHeader(jpeg);
  if (!header) throw new Error('no JPEG');
  const parts = halved ? 2 : 1;
  const size = {
    width: Math.ceil(header.width / parts),
    height: Math.ceil(header.height / parts),
    channels,
  };
  const ours = pixels.decodeJpeg(jpeg, size) ? shown(size) : null;
  const theirSize = { ...size, channels: channels === 1 ? 1 : 4 } as const;
  const into = new Uint8Array(size.width * size.height * theirSize.channels);
  const isTheirs = (turbo as JpegTurbo).decode(jpeg, into, theirSize);
  return {
    ours,
    theirs: isTheirs ? Buffer.from(into.filter((_, at) => channels === 1 || at % 4 !== 3)) : null,
  };
}

/** What was decoded last: resized to its own size, pixels stay as they are. */
function shown(size: SourceShape): Buffer {
  return Buffer.from(pixels.resize(size, size));
}

whereTurbo.each(['SAMP_444', 'SAMP_422', 'SAMP_420', 'SAMP_GRAY'] as const)(
  'pixels are those of libjpeg-turbo, whole and halved, of any size and quality: %s',
  async (sampling) => {
    const { compressSync, FORMAT_RGB, ...samplings } = await import('@julusian/jpeg-turbo');
    let [seed, compared] = [0, 0];
    for (const [width, height] of [
      [16, 16],
      [17, 33],
      [64, 48],
      [95, 61],
      [130, 7],
    ] as const)
      for (const quality of [1, 30, 75, 90, 100]) {
        const options = { format: FORMAT_RGB, width, height, quality, subsampling: samplings[sampling] };
        const jpeg = compressSync(picture(width, height, seed++), options);
        for (const halved of [false, true])
          for (const channels of sampling === 'SAMP_GRAY' ? ([1, 3] as const) : ([3] as const)) {
            const { ours, theirs } = decoded(jpeg, halved, channels);
            expect(theirs).not.toBeNull();
            expect({ width, height, quality, halved, isEqual: ours?.equals(theirs!) }).toMatchObject({
              isEqual: true,
            });
            compared++;
          }
      }
    expect(compared).toBe(sampling === 'SAMP_GRAY' ? 100 : 50);
  },
);

test('pixels are those of sharp, with codes of its own and with those that are usual', async () => {
  const [width, height] = [90, 70];
  for (const optimiseCoding of [true, false])
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      const raw = sharp(picture(width, height, 7), { raw: { width, height, channels: 3 } });
      const jpeg = await raw.jpeg({ quality: 92, optimiseCoding, chromaSubsampling }).toBuffer();
      const size = { width, height, channels: 3 } as const;
      expect(pixels.decodeJpeg(jpeg, size)).toBe(true);
      expect(shown(size).equals(await sharp(jpeg).raw().toBuffer())).toBe(true);
    }
});

whereTurbo.each(['colour', 'grey'] as const)(
  'restarts are followed, and refused out of their places: %s',
  (kind) => {
    const jpeg = restarting[kind];
    for (const halved of [false, true]) {
      const { ours, theirs } = decoded(jpeg, halved, 3);
      expect(ours?.equals(theirs!)).toBe(true);
    }
    const at = jpeg.findIndex((byte, index) => byte === 0xff && jpeg[index + 1] === 0xd1);
    const size = { width: 12, height: 37, channels: 3 } as const;
    const second = jpeg.with(at + 1, 0xd2);
    expect(pixels.decodeJpeg(second, size)).toBe(false);
    expect(pixels.decodeJpeg(Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2)]), size)).toBe(false);
  },
);

test.each([
  ['progressive', { progressive: true }],
  ['narrower than chroma is smoothed', { chromaSubsampling: '4:2:0' }, 4],
])('what is not usual is left to others: %s', async (_, options, width = 40) => {
  const raw = sharp(picture(width, 40, 3), { raw: { width, height: 40, channels: 3 } });
  const jpeg = await raw.jpeg(options).toBuffer();
  expect(pixels.decodeJpeg(jpeg, { width, height: 40, channels: 3 })).toBe(false);
});

test('it is decoded to its size or to half of it, rounded up, and to no other', async () => {
  const raw = sharp(picture(33, 40, 4), { raw: { width: 33, height: 40, channels: 3 } });
  const jpeg = await raw.jpeg().toBuffer();
  const isDecoded = (width: number, height: number) =>
    pixels.decodeJpeg(jpeg, { width, height, channels: 3 });
  expect([isDecoded(33, 40), isDecoded(17, 20)]).toEqual([true, true]);
  expect([isDecoded(33, 20), isDecoded(16, 20), isDecoded(34, 40)]).toEqual([false, false, false]);
});

test(
  'a damaged JPEG never harms: it is refused, or its codes still make sense, and the next one is decoded as ever',
  async () => {
    const [width, height] = [48, 40];
    const raw = sharp(picture(width, height, 5), { raw: { width, height, channels: 3 } });
    const whole = await raw.jpeg({ quality: 80 }).toBuffer();
    const size = { width, height, channels: 3 } as const;
    pixels.decodeJpeg(whole, size);
    const expected = shown(size);
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(whole.length - 1)),
        (changes, end) => {
          const damaged = Uint8Array.from(end === null ? whole : whole.subarray(0, end));
          for (const [at, byte] of changes) damaged[at] = byte;
          if (!pixels.decodeJpeg(damaged, size)) refused++;
          expect(pixels.decodeJpeg(whole, size)).toBe(true);
          expect(shown(size).equals(expected)).toBe(true);
        },
      ),
      fuzzOptions,
    );
    expect(refused).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);
