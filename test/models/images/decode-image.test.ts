import sharp from 'sharp';
import { decodeImage } from '../../../models/images/decode-image.ts';

const grey = { width: 8, height: 8, channels: 1, resize: 'stretch', padValue: 0 } as const;
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

test('a file that breaks off is refused', async () => {
  const noisy = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251);
  const jpeg = await sharp(noisy, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  await expect(decodeImage(jpeg.subarray(0, jpeg.length / 2), grey)).rejects.toThrow();
});
