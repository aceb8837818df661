import { eachAbove } from '../../../models/runner/numbers-above.ts';

function placesAbove(numbers: Float32Array, threshold: number): number[] {
  const places: number[] = [];
  eachAbove(numbers, threshold, (place) => places.push(place));
  return places;
}

test('numbers above the threshold are told by place and in order, but none that is equal, and nothing that is no number', () => {
  const numbers = Float32Array.of(0.5, 0.25, -1, 0.75, NaN, Infinity, 0, 0.5);
  expect(placesAbove(numbers, 0.25)).toEqual([0, 3, 5, 7]);
  expect(placesAbove(numbers, -2)).toEqual([0, 1, 2, 3, 5, 6, 7]);
});

test.each([0, 1, 15, 16, 17, 16_383, 16_384, 16_385, 40_001])('of %d numbers each is looked at', (length) => {
  expect(placesAbove(new Float32Array(length).fill(1), 0.5)).toEqual(Array.from({ length }, (_, at) => at));
  expect(placesAbove(new Float32Array(length), 0.5)).toEqual([]);
});

test('few are found among many, wherever they are', () => {
  const numbers = new Float32Array(672_000).fill(0.001);
  const places = [0, 16_383, 16_384, 100_007, 671_999];
  for (const place of places) numbers[place] = 0.9;
  expect(placesAbove(numbers, 0.001)).toEqual(places);
});
