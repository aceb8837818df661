import sharp from 'sharp';
import { readBaselineJpeg } from '../../../models/images/baseline-jpeg.ts';

let jpeg: Buffer;

beforeAll(async () => {
  const pixels = Buffer.from(Array.from({ length: 48 * 32 * 3 }, (_, at) => (at * 7919) & 255));
  jpeg = await sharp(pixels, { raw: { width: 48, height: 32, channels: 3 } })
    .jpeg({ chromaSubsampling: '4:2:0' })
    .toBuffer();
});

/** Where a segment's marker stands. */
function placeOf(marker: number): number {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) if (jpeg[at + 1] === marker) return at;
}

/** With a word of JFIF or Adobe at the beginning; sharp writes none. */
function saying(...words: readonly Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...words, jpeg.subarray(2)]);
}

const jfif = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const adobe = (transform: number) =>
  Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);

test('a usual JPEG tells its size, its components and where its scan begins', () => {
  const read = readBaselineJpeg(jpeg);
  const chroma = { across: 1, down: 1, steps: 1, dcCodes: 1, acCodes: 3 };
  expect(read).toMatchObject({
    width: 48,
    height: 32,
    restartInterval: 0,
    components: [{ across: 2, down: 2, steps: 0, dcCodes: 0, acCodes: 2 }, chroma, chroma],
  });
  expect(read?.scanAt).toBe(placeOf(0xda) + 2 + 12);
  expect([...(read?.codes.keys() ?? [])].sort()).toEqual([0, 1, 2, 3]);
  expect(read?.steps.get(0)).toHaveLength(64);
});

test('colour is YCbCr by the word of JFIF, of Adobe, or by the names of the components', () => {
  expect(() => placeOf(0xe0)).toThrow('out of range');
  for (const words of [[], [adobe(1)], [jfif], [jfif, adobe(0)]])
    expect(readBaselineJpeg(saying(...words))).not.toBeNull();
  expect(readBaselineJpeg(saying(adobe(0)))).toBeNull();
  const named = Buffer.from(jpeg);
  for (const [index, name] of ['R', 'G', 'B'].entries()) {
    named.write(name, placeOf(0xc0) + 10 + 3 * index);
    named.write(name, placeOf(0xda) + 5 + 2 * index);
  }
  expect(readBaselineJpeg(named)).toBeNull();
});

test.each([
  ['a frame of another kind', 0xc0, 1, 0xc2],
  ['twelve bits', 0xc0, 4, 12],
  ['another sampling', 0xc0, 11, 0x41],
  ['steps of 16 bits', 0xdb, 4, 0x10],
  ['a table of codes beyond the second', 0xc4, 4, 2],
  ['a DC code for 12 bits', 0xc4, 4 + 17, 12],
  ['a part of the coefficients', 0xda, 12, 5],
  ['steps that nobody has given', 0xc0, 12, 3],
  ['a segment that is no JPEG', 0xdb, 1, 0xdc],
])('%s is refused', (_, marker, offset, byte) => {
  expect(readBaselineJpeg(jpeg.with(placeOf(marker) + offset, byte))).toBeNull();
});

test('what breaks off in its head is refused, wherever it does', () => {
  const head = readBaselineJpeg(jpeg)?.scanAt ?? 0;
  for (let length = 0; length < head; length++) expect(readBaselineJpeg(jpeg.subarray(0, length))).toBeNull();
});
