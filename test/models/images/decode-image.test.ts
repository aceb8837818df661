import sharp from 'sharp';
import { decodeImage, decodeSizedImage } from '../../../models/images/decode-image.ts';
import { openJpegTurbo } from '../../../models/images/jpeg-turbo.ts';

const grey = { width: 8, height: 8, channels: 1, resize: 'stretch', padValue: 0 } as const;
const colour = { width: 4, height: 4, channels: 3, resize: 'stretch', padValue: 114 } as const;
const scan = Uint8Array.from({ length: 64 }, (_, index) => (index * 37) % 256);

async function enlarged(): Promise<Buffer> {
  return sharp(scan, { raw: { width: 8, height: 8, channels: 1 } })
    .resize(128, 128, { kernel: 'nearest' })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

test('a scan that was enlarged by whole pixels comes back byte for byte', async () => {
  expect(Array.from(await decodeImage(await enlarged(), grey))).toEqual(Array.from(scan));
});

test('grey stored as RGB with alpha is the same grey', async () => {
  const rgba = await sharp(await enlarged())
    .toColourspace('srgb')
    .ensureAlpha()
    .png()
    .toBuffer();
  expect((await sharp(rgba).metadata()).channels).toBe(4);
  expect(Array.from(await decodeImage(rgba, grey))).toEqual(Array.from(scan));
});

test('a shrunk image is the mean of the area that each pixel covers', async () => {
  const pixels = Uint8Array.of(0, 30, 60, 90, 120, 150);
  const png = await sharp(pixels, { raw: { width: 3, height: 2, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  // Columns have the means 45, 75, 105; a new pixel covers one and a half: (45 + 75/2) / 1.5 = 55, (75/2 + 105) / 1.5 = 95.
  expect(Array.from(await decodeImage(png, { ...grey, width: 2, height: 1 }))).toEqual([55, 95]);
});

test('the EXIF orientation is applied', async () => {
  const pixels = Uint8Array.of(255, 0);
  const tiff = await sharp(pixels, { raw: { width: 2, height: 1, channels: 1 } })
    .toColourspace('b-w')
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  expect(Array.from(await decodeImage(tiff, { ...grey, width: 1, height: 2 }))).toEqual([255, 0]);
});

test('a colour image keeps its channels in the order RGB', async () => {
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#0a64c8' } })
    .png()
    .toBuffer();
  expect(Array.from(await decodeImage(png, { ...grey, width: 1, height: 1, channels: 3 }))).toEqual([
    10, 100, 200,
  ]);
});

test('a letterbox keeps the aspect ratio and fills the rest', async () => {
  const png = await sharp({ create: { width: 8, height: 4, channels: 3, background: '#c8c8c8' } })
    .png()
    .toBuffer();
  const shape = { width: 4, height: 4, channels: 1, resize: 'letterbox', padValue: 114 } as const;
  const rows = Array.from(await decodeImage(png, shape));
  expect(rows).toEqual([
    ...Array<number>(4).fill(114),
    ...Array<number>(8).fill(200),
    ...Array<number>(4).fill(114),
  ]);
});

test.each([
  ['text', Buffer.from('no image at all')],
  ['nothing', Buffer.alloc(0)],
])('%s is refused', async (_, bytes) => {
  await expect(decodeImage(bytes, grey)).rejects.toThrow();
});

test.each(['png', 'jpeg'] as const)('bytes that threads share are decoded as others: %s', async (format) => {
  const bytes = await sharp(await photo(64, 40))
    .toFormat(format)
    .toBuffer();
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(await decodeImage(shared, colour)).toEqual(await decodeImage(bytes, colour));
});

test('a file that breaks off is refused', async () => {
  const noisy = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251);
  const jpeg = await sharp(noisy, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  await expect(decodeImage(jpeg.subarray(0, jpeg.length / 2), grey)).rejects.toThrow();
});

test('tells the size of the image as it is displayed', async () => {
  const jpeg = await photo(60, 40, { orientation: 6 });
  expect(await decodeSizedImage(jpeg, { ...colour, width: 8, height: 8 })).toMatchObject({
    widthPx: 40,
    heightPx: 60,
  });
});

test('libjpeg-turbo is here on Linux, and decodes', async () => {
  const jpeg = await sharp({ create: { width: 9, height: 7, channels: 3, background: '#806040' } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const into = new Uint8Array(9 * 7 * 4);
  const turbo = openJpegTurbo();
  expect(turbo !== null).toBe(process.platform === 'linux');
  if (!turbo) return;
  expect(turbo.decode(jpeg, into, { width: 9, height: 7, channels: 4 })).toBe(true);
  for (const [channel, value] of [0x80, 0x60, 0x40].entries())
    expect(Math.abs(into[4 * 62 + channel]! - value)).toBeLessThanOrEqual(1);
  expect(turbo.decode(jpeg.subarray(0, -20), into, { width: 9, height: 7, channels: 4 })).toBe(false);
  expect(turbo.decode(jpeg, into, { width: 9, height: 7, channels: 4 })).toBe(true);
});

test.each([
  ['as large', 300, 200, 0.05],
  ['enlarged', 340, 230, 0.05],
  ['shrunk a little', 211, 147, 0.05],
  ['shrunk by more than two', 97, 71, 0.05],
  ['shrunk by more than eight', 30, 20, 0.05],
])(
  'a JPEG %s, to %d x %d, is the mean of areas of what sharp decodes, within %d/255 in the mean',
  async (_, width, height, most) => {
    const jpeg = await photo(301, 199);
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    const expected = meanOfAreas(data, info, width, height);
    const actual = await decodeImage(jpeg, { ...colour, width, height });
    expect(meanDifference(actual, expected)).toBeLessThan(most);
  },
);

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'orientation %d of a JPEG is displayed as sharp does',
  async (orientation) => {
    const jpeg = await photo(64, 40, { orientation });
    const { data, info } = await sharp(jpeg).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    expect(width).toBe(orientation < 5 ? 64 : 40);
    const actual = await decodeImage(jpeg, { ...colour, width, height });
    expect(meanDifference(actual, data)).toBeLessThan(0.05);
    const letterboxed = await decodeImage(jpeg, { ...colour, width: 64, height: 64, resize: 'letterbox' });
    const at = (x: number, y: number) => letterboxed[(y * 64 + x) * 3];
    // The bars lie beside a tall image, and above and below a wide one.
    expect([at(32, 5), at(5, 32)].map((value) => value === 114)).toEqual(
      orientation < 5 ? [true, false] : [false, true],
    );
  },
);

test('colour made grey, CMYK and a colour profile are decoded as sharp does', async () => {
  const plain = sharp(await photo(64, 48));
  const images = [
    await plain.clone().jpeg().toBuffer(),
    await plain.clone().withIccProfile('p3').jpeg().toBuffer(),
    await plain.clone().toColourspace('cmyk').jpeg().toBuffer(),
  ];
  for (const [index, jpeg] of images.entries()) {
    const channels = index === 0 ? 1 : 3;
    const space = index === 0 ? 'b-w' : 'srgb';
    const expected = await sharp(jpeg).toColourspace(space).raw().toBuffer();
    const actual = await decodeImage(jpeg, { ...colour, width: 64, height: 48, channels });
    expect(Array.from(actual)).toEqual(Array.from(expected));
  }
});

test('a grey JPEG is the same for a grey model and in each channel of a colour model', async () => {
  const jpeg = await sharp(await photo(64, 48))
    .toColourspace('b-w')
    .jpeg()
    .toBuffer();
  const expected = await sharp(jpeg).toColourspace('b-w').raw().toBuffer();
  const size = { width: 64, height: 48 };
  expect(Array.from(await decodeImage(jpeg, { ...grey, ...size }))).toEqual(Array.from(expected));
  const threefold = Array.from(expected).flatMap((value) => [value, value, value]);
  expect(Array.from(await decodeImage(jpeg, { ...colour, ...size }))).toEqual(threefold);
});

// Computed by OpenCV 5.0.0: cv2.resize(…, interpolation=cv2.INTER_LINEAR).
test.each([
  [7, 5, [0, 28, 74, 120, 166, 211, 240, 12, 26, 49, 114, 176, 178, 180, 30, 23, 11, 105, 192, 129, 90]],
  [2, 2, [35, 186, 101, 108]],
])('bilinear to %d x %d is what OpenCV makes of it', async (width, height, expected) => {
  const pixels = Uint8Array.of(0, 80, 160, 240, 30, 10, 200, 90, 255, 0, 128, 64);
  const png = await sharp(pixels, { raw: { width: 4, height: 3, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const actual = await decodeImage(png, { ...grey, width, height, interpolation: 'bilinear' });
  for (const [index, value] of expected.entries())
    expect(Math.abs(actual[index]! - value)).toBeLessThanOrEqual(1);
});

/** A JPEG with what photos have: slow changes, edges, texture. */
async function photo(width: number, height: number, { orientation = 1 } = {}): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y, channel] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width), index % 3];
    const light = 128 + 70 * Math.sin(x / 31 + channel) * Math.cos(y / 23);
    const edge = (x - 90) ** 2 + (y - 70) ** 2 < 2500 ? 50 : 0;
    return light + edge + ((index * 7919) % 17);
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** `resize` by its definition, in double precision. */
function meanOfAreas(
  data: Uint8Array,
  from: { width: number; height: number; channels: number },
  width: number,
  height: number,
): number[] {
  const covers = (length: number, count: number) =>
    Array.from({ length: count }, (_, place) => {
      const [start, end] = [(place * length) / count, ((place + 1) * length) / count];
      return Array.from({ length: Math.ceil(end) - Math.floor(start) }, (__, index) => {
        const pixel = Math.floor(start) + index;
        return { pixel, weight: (Math.min(end, pixel + 1) - Math.max(start, pixel)) / (end - start) };
      }).filter(({ pixel }) => pixel < length);
    });
  const [rows, columns] = [covers(from.height, height), covers(from.width, width)];
  return Array.from({ length: width * height * from.channels }, (_, index) => {
    const place = Math.floor(index / from.channels);
    let sum = 0;
    for (const row of rows[Math.floor(place / width)]!)
      for (const column of columns[place % width]!) {
        const at = (row.pixel * from.width + column.pixel) * from.channels + (index % from.channels);
        sum += row.weight * column.weight * (data[at] ?? 0);
      }
    return Math.round(sum);
  });
}

function meanDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one).toHaveLength(other.length);
  const differences = Array.from(one, (value, index) => Math.abs(value - (other[index] ?? 0)));
  return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
}
