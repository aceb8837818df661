import sharp from 'sharp';
import { decodeSizedImage } from '../../../models/images/decode-image.ts';
import { resizeBilinear } from '../../../models/images/resize-bilinear.ts';

/** `(index * 97 + 31) % 256`; the results are those of `cv2.resize(…, interpolation=cv2.INTER_LINEAR)` of opencv-python 4.11.0. */
function picture(width: number, height: number, channels: number) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => (index * 97 + 31) % 256);
  return { data, width, height, channels };
}

test.each<[string, [number, number, number], [number, number], number[]]>([
  ['shrunk, not smoothed', [7, 5, 1], [3, 2], [93, 191, 97, 84, 97, 173]],
  [
    'enlarged',
    [3, 2, 1],
    [5, 4],
    [31, 70, 128, 186, 225, 40, 78, 137, 156, 170, 57, 96, 154, 97, 59, 66, 105, 163, 67, 4],
  ],
  [
    'in colour',
    [5, 4, 3],
    [3, 3],
    [
      72, 126, 152, 87, 184, 68, 146, 100, 98, 177, 103, 115, 108, 77, 174, 80, 135, 146, 69, 152, 149, 127,
      182, 65, 157, 98, 124,
    ],
  ],
  ['halved, as the mean of four', [6, 4, 1], [3, 2], [115, 117, 119, 127, 129, 131]],
  ['of one pixel', [1, 1, 1], [2, 2], [31, 31, 31, 31]],
])(
  '%s: byte for byte what OpenCV makes of it',
  (_, [width, height, channels], [newWidth, newHeight], expected) => {
    expect(Array.from(resizeBilinear(picture(width, height, channels), newWidth, newHeight))).toEqual(
      expected,
    );
  },
);

test('a letterboxed image is resized the same way', async () => {
  const { data } = picture(6, 4, 3);
  const png = await sharp(data, { raw: { width: 6, height: 4, channels: 3 } })
    .png()
    .toBuffer();
  const shape = { width: 4, height: 4, channels: 3, resize: 'letterbox', padValue: 114 } as const;
  const { pixels } = await decodeSizedImage(png, { ...shape, interpolation: 'bilinear' });
  // 6 × 4 becomes 4 × 2.67, so 3 rows; the border of one row goes below.
  const inner = resizeBilinear(picture(6, 4, 3), 4, 3);
  expect(Array.from(pixels)).toEqual([...inner, ...Array<number>(12).fill(114)]);
});
