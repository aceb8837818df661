/** A function to minimise: its value at a point, and its slope there written into `slope`. */
export type Sloped = (at: Float64Array, slope: Float64Array) => number;

export interface MinimiseOptions {
  /** Ends when no part of the slope is larger. Above 0. */
  readonly tolerance: number;
  readonly maxSteps?: number;
}

/** Pairs of past steps that stand for the curvature. */
const memory = 10;
/** A step must bring at least this part of what the slope promises. */
const enough = 1e-4;
const maxHalvings = 40;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/**
 * The lowest point of a smooth convex function, by L-BFGS with halving steps from `start`, which is left as it is. The same numbers on every machine.
 * It ends at the tolerance, after `maxSteps` (1,000), or when rounding lets no step lead lower.
 *
 * @see Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5.
 */
export function minimise(
  of: Sloped,
  start: Float64Array,
  { tolerance, maxSteps = 1000 }: MinimiseOptions,
): Float64Array {
  let at = start.slice();
  let slope = new Float64Array(at.length);
  let value = of(at, slope);
  const pairs: Pair[] = [];
  for (let step = 0; step < maxSteps && largest(slope) > tolerance; step++) {
    const direction = downhill(slope, pairs);
    const promised = dot(direction, slope);
    const next = new Float64Array(at.length);
    const nextSlope = new Float64Array(at.length);
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(slope, slope))) : 1;
    let halvings = 0;
    let nextValue = Infinity;
    for (; halvings < maxHalvings; halvings++, length /= 2) {
      for (let index = 0; index < at.length; index++)
        next[index] = (at[index] ?? 0) + length * (direction[index] ?? 0);
      nextValue = of(next, nextSlope);
      if (nextValue <= value + enough * length * promised) break;
    }
    if (halvings === maxHalvings) break;
    keep(pairs, difference(next, at), difference(nextSlope, slope));
    [at, slope, value] = [next, nextSlope, nextValue];
  }
  return at;
}

/** Minus the slope, bent by what the pairs say of the curvature. */
function downhill(slope: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = slope.map((part) => -part);
  const shares = new Array<number>();
  for (const { step, change, inverse } of [...pairs].reverse()) {
    const share = inverse * dot(step, direction);
    shares.push(share);
    add(direction, change, -share);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.inverse * dot(last.change, last.change));
    for (let index = 0; index < direction.length; index++) direction[index] = (direction[index] ?? 0) * scale;
  }
  for (const { step, change, inverse } of pairs)
    add(direction, step, (shares.pop() ?? 0) - inverse * dot(change, direction));
  return direction;
}

function keep(pairs: Pair[], step: Float64Array, change: Float64Array): void {
  const curvature = dot(step, change);
  if (!(curvature > 0)) return;
  pairs.push({ step, change, inverse: 1 / curvature });
  if (pairs.length > memory) pairs.shift();
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let index = 0; index < to.length; index++) to[index] = (to[index] ?? 0) + times * (what[index] ?? 0);
}

function difference(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, index) => value - (other[index] ?? 0));
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
