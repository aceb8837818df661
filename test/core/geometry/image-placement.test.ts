import { cornersInImage } from '../../../core/geometry/corners-in-image.ts';
import { placeImage } from '../../../core/geometry/image-placement.ts';

/** `LetterBox((side, side), auto=False).get_params` of ultralytics 8.4.190. */
test.each([
  [640, 480, 128, { left: 0, top: 16, width: 128, height: 96 }],
  [97, 131, 128, { left: 16, top: 0, width: 95, height: 128 }],
  // 18.5 is rounded to the even 18, and 21.5 to 22.
  [128, 37, 64, { left: 0, top: 23, width: 64, height: 18 }],
  [128, 43, 64, { left: 0, top: 21, width: 64, height: 22 }],
  [301, 203, 128, { left: 0, top: 21, width: 128, height: 86 }],
  [1, 3000, 128, { left: 63, top: 0, width: 1, height: 128 }],
  [5, 5, 128, { left: 0, top: 0, width: 128, height: 128 }],
  [1280, 720, 640, { left: 0, top: 140, width: 640, height: 360 }],
])('%i × %i in %i pixels lies where Ultralytics puts it', (width, height, side, place) => {
  expect(placeImage({ width, height }, { width: side, height: side }, 'letterbox')).toEqual(place);
});

test('a stretched image fills the input', () => {
  const place = placeImage({ width: 30, height: 10 }, { width: 64, height: 32 }, 'stretch');
  expect(place).toEqual({ left: 0, top: 0, width: 64, height: 32 });
  expect(cornersInImage([16, 8, 48, 24], { width: 30, height: 10 }, place)).toEqual([7.5, 2.5, 22.5, 7.5]);
});

/** `scale_boxes` of ultralytics 8.4.190. */
test.each<[[number, number, number, number], [number, number], number[]]>([
  [
    [10, 40, 90, 100],
    [301, 203],
    [23.515625, 44.848837, 211.640625, 186.476744],
  ],
  [
    [-5, 20, 140, 70],
    [640, 480],
    [0, 20, 640, 270],
  ],
  [
    [60, 0, 80, 128],
    [97, 131],
    [44.926316, 0, 65.347368, 131],
  ],
])(
  'the box %j of an image of %j comes back where Ultralytics has it, cut at the edge',
  (box, size, expected) => {
    const [width, height] = size;
    const place = placeImage({ width, height }, { width: 128, height: 128 }, 'letterbox');
    const corners = cornersInImage(box, { width, height }, place);
    corners.forEach((corner, side) => expect(corner).toBeCloseTo(expected[side]!, 5));
  },
);
