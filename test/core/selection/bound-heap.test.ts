import { BoundHeap } from '../../../core/selection/bound-heap.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

test('gives the highest bound first, and the lowest position among equals', () => {
  const random = seededRandom(4);
  const bounds = Float64Array.from({ length: 500 }, () => Math.floor(random() * 40));
  const expected = [...bounds.keys()].sort((a, b) => bounds[b]! - bounds[a]! || a - b);
  const heap = new BoundHeap(bounds);
  const popped: number[] = [];
  while (heap.top >= 0) {
    popped.push(heap.top);
    heap.pop();
  }
  expect(popped).toEqual(expected);
});

test('bounds that sink on top come up again where they belong', () => {
  const random = seededRandom(5);
  const values = Float64Array.from({ length: 300 }, () => random());
  const heap = new BoundHeap(new Float64Array(300).fill(Infinity));
  const isTrue = new Set<number>();
  const popped: number[] = [];
  while (heap.top >= 0) {
    const { top } = heap;
    if (isTrue.has(top)) {
      popped.push(top);
      heap.pop();
    } else {
      isTrue.add(top);
      heap.lower(values[top]!);
    }
  }
  expect(popped).toEqual([...values.keys()].sort((a, b) => values[b]! - values[a]!));
});
