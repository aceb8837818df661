import type { Placement, SizePx } from './image-placement.ts';

/** How the numbers along one axis come of fewer: each is the weighted sum of `taps` neighbours from `first` on. */
export interface AxisWeights {
  readonly taps: number;
  readonly first: Int32Array;
  /** The next number that is made of other neighbours. */
  readonly until: Int32Array;
  /** `taps` a number, none below 0. */
  readonly weights: Float32Array;
}

/**
 * How mask logits of a coarse grid over the model's input become those of the image's pixels, along x and along y: bilinear, without what lies on
 * the border. Where the border is no whole number of cells, the grid is first refined by 2 or 4 until it is.
 *
 * @see `process_mask_native` and `scale_masks` of ultralytics 8.4.190, which do both steps one after the other.
 */
export function maskWeights(
  image: SizePx,
  input: SizePx,
  grid: SizePx,
  place: Placement,
): { x: AxisWeights; y: AxisWeights } {
  const cellPx = input.width / grid.width;
  const refine = refinement(cellPx, input.width - place.width, input.height - place.height);
  const perPx = refine / cellPx;
  const axis = (length: number, cells: number, start: number, span: number): AxisWeights => {
    const fine = refine === 1 ? undefined : enlargement(cells * refine, cells, 0, cells);
    const begin = Math.round(start * perPx);
    const crop = enlargement(length, cells * refine, begin, Math.max(1, Math.round(span * perPx)));
    return fine ? composed(crop, fine) : crop;
  };
  return {
    x: axis(image.width, grid.width, place.left, place.width),
    y: axis(image.height, grid.height, place.top, place.height),
  };
}

/** The smallest of 1, 2, 4 that makes both borders, halved, whole numbers of cells. */
function refinement(cellPx: number, ...bordersPx: readonly number[]): number {
  const isWhole = (refine: number) =>
    bordersPx.every((border) => {
      const half = Math.floor(border / 2);
      return (border * refine) % cellPx === 0 && (half * refine) % cellPx === 0;
    });
  return [1, 2].find(isWhole) ?? 4;
}

/** Bilinear from `span` numbers that begin at `start` to `length`; the outermost are repeated. */
function enlargement(length: number, cells: number, start: number, span: number): AxisWeights {
  const first = new Int32Array(length);
  const weights = new Float32Array(2 * length);
  const step = span / length;
  const last = Math.min(span, cells - start) - 1;
  for (let place = 0; place < length; place++) {
    const from = Math.min(last, Math.max(0, (place + 0.5) * step - 0.5));
    const low = Math.min(Math.floor(from), Math.max(0, last - 1));
    first[place] = start + low;
    weights[2 * place] = 1 - (from - low);
    weights[2 * place + 1] = from - low;
  }
  return { taps: 2, first, until: endsOf(first), weights };
}

/** One step of two. Neighbours of neighbours are three in a row at most, where the inner step refines. */
function composed(outer: AxisWeights, inner: AxisWeights): AxisWeights {
  const length = outer.first.length;
  const taps = 3;
  const first = new Int32Array(length);
  const weights = new Float32Array(taps * length);
  const highest = Math.max(...inner.first) + inner.taps - taps;
  for (let place = 0; place < length; place++) {
    const from = outer.first[place] ?? 0;
    const base = Math.max(0, Math.min(highest, inner.first[from] ?? 0));
    first[place] = base;
    for (let tap = 0; tap < outer.taps; tap++) {
      const weight = outer.weights[outer.taps * place + tap] ?? 0;
      if (weight === 0) continue;
      const middle = from + tap;
      for (let sub = 0; sub < inner.taps; sub++) {
        const at = taps * place + (inner.first[middle] ?? 0) + sub - base;
        weights[at] = (weights[at] ?? 0) + weight * (inner.weights[inner.taps * middle + sub] ?? 0);
      }
    }
  }
  return { taps, first, until: endsOf(first), weights };
}

function endsOf(first: Int32Array): Int32Array {
  const until = new Int32Array(first.length);
  let end = first.length;
  for (let place = first.length - 1; place >= 0; place--) {
    if (first[place] !== first[place + 1]) end = place + 1;
    until[place] = end;
  }
  return until;
}
