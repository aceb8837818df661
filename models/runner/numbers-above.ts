import { freeAt, openPasses, roomIn, type PassMemory } from '../images/open-passes.ts';

interface Passes {
  readonly memory: PassMemory;
  readonly above: (numbers: number, count: number, threshold: number, places: number) => number;
}

/** Numbers that are looked at together: few enough to stay in the processor's nearest caches, between their being copied and looked at. */
const numbersAtOnce = 16_384;
/** The pass looks at whole 16s. */
const slack = 16;

let opened: { above: Passes['above']; numbers: Float32Array; places: Uint32Array } | undefined;

/** Calls back with the place of each number that is above the threshold, in order; those that are no numbers are not. */
export function eachAbove(numbers: Float32Array, threshold: number, visit: (place: number) => void): void {
  const { above, numbers: room, places } = (opened ??= open());
  for (let start = 0; start < numbers.length; start += numbersAtOnce) {
    const part = numbers.subarray(start, start + numbersAtOnce);
    room.set(part);
    room.fill(-Infinity, part.length, part.length + slack);
    const count = above(room.byteOffset, part.length, threshold, places.byteOffset);
    for (let index = 0; index < count; index++) visit(start + (places[index] as number));
  }
}

function open(): NonNullable<typeof opened> {
  const { memory, above } = openPasses() as Passes;
  const placesAt = freeAt + 4 * (numbersAtOnce + slack);
  const { buffer } = roomIn(memory, placesAt + 4 * numbersAtOnce);
  return {
    above,
    numbers: new Float32Array(buffer, freeAt, numbersAtOnce + slack),
    places: new Uint32Array(buffer, placesAt, numbersAtOnce),
  };
}
