import sharp from 'sharp';
import { decodeSizedImage } from '../../../models/images/decode-image.ts';

/** What kinds of files become, at their own size. The colours are such that losses of a lossy format stay within what is asserted. */
async function decoded(file: Uint8Array, channels: 1 | 3) {
  const { width, height, autoOrient } = await sharp(file).metadata();
  const size = { width: autoOrient.width || width, height: autoOrient.height || height };
  const shape = { ...size, channels, resize: 'stretch', padValue: 0 } as const;
  const { pixels, widthPx, heightPx } = await decodeSizedImage(file, shape);
  expect([widthPx, heightPx]).toEqual([size.width, size.height]);
  return Array.from(pixels);
}

function raw(pixels: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4) {
  return sharp(pixels, { raw: { width, height, channels } });
}

const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) % 251);

test('grey becomes three equal channels', async () => {
  const file = await raw(Uint8Array.of(0, 90, 255), 3, 1, 1)
    .toColourspace('b-w')
    .png()
    .toBuffer();
  expect(await decoded(file, 1)).toEqual([0, 90, 255]);
  expect(await decoded(file, 3)).toEqual([0, 0, 0, 90, 90, 90, 255, 255, 255]);
});

test('16 bits are scaled to 8, grey and coloured', async () => {
  const scan = Uint16Array.of(0, 0x1234, 0x8000, 0xffff);
  const grey = await raw(scan, 4, 1, 1).toColourspace('grey16').png().toBuffer();
  expect((await sharp(grey).metadata()).depth).toBe('ushort');
  // 0x1234 = 4660 is 18.1 of 255, 0x8000 = 32768 is 127.5.
  const expected = [0, 18, 128, 255];
  for (const [index, value] of (await decoded(grey, 1)).entries())
    expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(1);
  const colour = Uint16Array.of(0x1200, 0x3400, 0xffff, 0, 0x8000, 0x0100);
  const file = await raw(colour, 2, 1, 3).toColourspace('rgb16').png().toBuffer();
  expect((await sharp(file).metadata()).depth).toBe('ushort');
  expect(await decoded(file, 3)).toEqual([18, 52, 255, 0, 128, 1]);
});

test('alpha is dropped: what is transparent has the colour that is stored', async () => {
  const file = await raw(Uint8Array.of(10, 20, 30, 0, 200, 100, 50, 128), 2, 1, 4)
    .png()
    .toBuffer();
  expect(await decoded(file, 3)).toEqual([10, 20, 30, 200, 100, 50]);
  const grey = await raw(Uint8Array.of(10, 0, 200, 128), 2, 1, 2)
    .png()
    .toBuffer();
  expect(await decoded(grey, 1)).toEqual([10, 200]);
});

test('CMYK becomes RGB, nearly', async () => {
  const file = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#c86432' } })
    .toColourspace('cmyk')
    .jpeg({ quality: 95 })
    .toBuffer();
  expect((await sharp(file).metadata()).space).toBe('cmyk');
  const [red = 0, green = 0, blue = 0] = await decoded(file, 3);
  // CMYK has no profile here, and fewer colours: it comes back within 30 of 200, 100, 50, and by no means inverted.
  expect(Math.abs(red - 200) + Math.abs(green - 100) + Math.abs(blue - 50)).toBeLessThan(60);
});

test.each(['gif', 'webp'] as const)('of an animated %s the first frame counts', async (format) => {
  const frames = Buffer.concat([Buffer.alloc(48, 200), Buffer.alloc(48, 20)]);
  const both = sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } });
  const file = await (format === 'gif' ? both.gif() : both.webp({ lossless: true })).toBuffer();
  expect((await sharp(file).metadata()).pages).toBe(2);
  expect(await decoded(file, 3)).toEqual(Array<number>(48).fill(200));
});

/** The same picture under each orientation of EXIF 2.3, by where its rows and columns go. */
test.each([
  [1, [0, 50, 100, 150, 200, 250]],
  [2, [100, 50, 0, 250, 200, 150]],
  [3, [250, 200, 150, 100, 50, 0]],
  [4, [150, 200, 250, 0, 50, 100]],
  [5, [0, 150, 50, 200, 100, 250]],
  [6, [150, 0, 200, 50, 250, 100]],
  [7, [250, 100, 200, 50, 150, 0]],
  [8, [100, 250, 50, 200, 0, 150]],
])(
  'EXIF orientation %i is applied, and the size is that of the displayed image',
  async (orientation, rows) => {
    const file = await raw(Uint8Array.of(0, 50, 100, 150, 200, 250), 3, 2, 1)
      .toColourspace('b-w')
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    expect(await decoded(file, 1)).toEqual(rows);
  },
);

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
  'a %s that breaks off is refused, wherever it does',
  async (format) => {
    const file = await raw(noise, 64, 64, 3)[format]().toBuffer();
    const shape = { width: 8, height: 8, channels: 3, resize: 'stretch', padValue: 0 } as const;
    await expect(decodeSizedImage(file, shape)).resolves.toMatchObject({ widthPx: 64 });
    for (const share of [0.01, 0.3, 0.6, 0.95])
      await expect(decodeSizedImage(file.subarray(0, file.length * share), shape)).rejects.toThrow();
  },
);

test('a PNG with a damaged middle is refused', async () => {
  const file = await raw(noise, 64, 64, 3).png().toBuffer();
  file.fill(0xaa, file.length >> 1, (file.length >> 1) + 40);
  const shape = { width: 8, height: 8, channels: 3, resize: 'stretch', padValue: 0 } as const;
  await expect(decodeSizedImage(file, shape)).rejects.toThrow('png');
});
