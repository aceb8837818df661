import { augmented, clipped } from '../../../../models/trainers/ort-detector/augment.ts';

const size = { width: 8, height: 4, channels: 1 };

/** One bright pixel at (6, 1), and its box. */
function scene() {
  const pixels = new Uint8Array(32);
  pixels[1 * 8 + 6] = 200;
  return { pixels, boxes: [{ label: 2, boxPx: [6, 1, 1, 1] as const }] };
}

/** Numbers in turn: mirror below 0.5, scale, right, down; 0.5 changes nothing. */
function numbers(...values: number[]): () => number {
  return () => values.shift() ?? NaN;
}

test('in the middle of all ranges nothing changes', () => {
  expect(augmented(scene(), size, numbers(0.5, 0.5, 0.5, 0.5))).toEqual(scene());
});

test('mirrored, pixel and box go to the other side together', () => {
  const { pixels, boxes } = augmented(scene(), size, numbers(0.2, 0.5, 0.5, 0.5));
  expect(pixels.indexOf(200)).toBe(1 * 8 + 1);
  expect(boxes).toEqual([{ label: 2, boxPx: [1, 1, 1, 1] }]);
});

test('moved by an eighth to the left and nowhere else, the free edge is padding', () => {
  const { pixels, boxes } = augmented(scene(), size, numbers(0.5, 0.5, 0, 0.5));
  expect(pixels.indexOf(200)).toBe(1 * 8 + 5);
  expect([7, 15, 23, 31].map((place) => pixels[place])).toEqual([114, 114, 114, 114]);
  expect(boxes).toEqual([{ label: 2, boxPx: [5, 1, 1, 1] }]);
});

test('enlarged by a quarter, the middle stays and the box grows', () => {
  const { boxes } = augmented(scene(), size, numbers(0.5, 1, 0.5, 0.5));
  // 6 is 2 right of the middle, 1 is 1 above it: 2.5 and 1.25 after.
  expect(boxes).toEqual([{ label: 2, boxPx: [6.5, 0.75, 1.25, 1.25] }]);
});

test('an outline goes with its box, and may leave the image', () => {
  const outlined = {
    ...scene(),
    boxes: [{ label: 2, boxPx: [6, 1, 1, 1] as const, ringsPx: [[6, 1, 7, 1, 6, 2]] }],
  };
  // Mirrored, (6, 1) is (2, 1): 2 left of the middle and 1 above it, and 2.5 and 1.25 after; then 1 to the left.
  const { boxes } = augmented(outlined, size, numbers(0.2, 1, 0, 0.5));
  expect(boxes).toEqual([
    { label: 2, boxPx: [0, 0.75, 0.5, 1.25], ringsPx: [[0.5, 0.75, -0.75, 0.75, 0.5, 2]] },
  ]);
});

test('an object that is moved out of the image is gone', () => {
  const edge = { ...scene(), boxes: [{ label: 0, boxPx: [7, 1, 1, 1] as const }] };
  expect(augmented(edge, size, numbers(0.5, 1, 1, 0.5)).boxes).toEqual([]);
});

test('a box is cut at the edges', () => {
  expect(clipped([-1, 2, 3, 5], size)).toEqual([0, 2, 2, 2]);
  expect(clipped([9, 0, 3, 3], size)[2]).toBe(0);
});
