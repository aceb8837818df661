import type { PolygonShape, Shape } from './annotated-image.ts';
import { maskArea } from './pixel-mask.ts';

/** So far out of the image is rounding, not a fault. */
const tolerancePx = 0.05;

/** A shape that can be drawn, and whether it had to be cut at the image's edge; or why it cannot. */
export type CheckedShape = { readonly shape: Shape; readonly clipped: boolean } | { readonly fault: string };

/**
 * The rule for degenerate shapes, the same for every format: without a positive size inside of the image it is a fault; what sticks out is cut
 * off. A polygon's parts are judged one by one, and those without area are dropped if another is left.
 */
export function shapeInImage(shape: Shape, width: number, height: number): CheckedShape {
  switch (shape.kind) {
    case 'box':
      return boxInImage(shape.boxPx, width, height);
    case 'polygon':
      return polygonInImage(shape, width, height);
    case 'mask': {
      const { mask } = shape;
      const pixels = mask.counts.reduce((sum, run) => sum + run, 0);
      if (mask.width !== width || mask.height !== height)
        return { fault: `its mask is ${mask.width} × ${mask.height}, the image ${width} × ${height}` };
      if (pixels !== width * height)
        return { fault: `its mask has ${pixels} pixels, the image ${width * height}` };
      return maskArea(mask) === 0 ? { fault: 'its mask is empty' } : { shape, clipped: false };
    }
  }
}

function boxInImage(
  [x, y, boxWidth, boxHeight]: readonly [number, number, number, number],
  width: number,
  height: number,
): CheckedShape {
  if (![x, y, boxWidth, boxHeight].every(Number.isFinite))
    return { fault: 'a number of its box is not finite' };
  if (!(boxWidth > 0)) return { fault: `its width is ${boxWidth}` };
  if (!(boxHeight > 0)) return { fault: `its height is ${boxHeight}` };
  const [left, top] = [Math.max(x, 0), Math.max(y, 0)];
  const [right, bottom] = [Math.min(x + boxWidth, width), Math.min(y + boxHeight, height)];
  if (right <= left || bottom <= top)
    return { fault: `it lies outside of its image of ${width} × ${height} pixels` };
  const cutPx = Math.max(left - x, top - y, x + boxWidth - right, y + boxHeight - bottom);
  const isWhole = cutPx === 0;
  const boxPx = isWhole
    ? ([x, y, boxWidth, boxHeight] as const)
    : ([left, top, right - left, bottom - top] as const);
  return { shape: { kind: 'box', boxPx }, clipped: cutPx > tolerancePx };
}

function polygonInImage({ ringsPx }: PolygonShape, width: number, height: number): CheckedShape {
  let fault = 'it has no points';
  let clipped = false;
  const rings: (readonly number[])[] = [];
  for (const ring of ringsPx) {
    if (ring.length % 2 !== 0)
      return { fault: `a part of it has ${ring.length} numbers, which are no points` };
    if (!ring.every(Number.isFinite)) return { fault: 'a number of its points is not finite' };
    if (ring.length < 6) {
      fault = `it has ${ring.length / 2} points`;
    } else if (ringArea(ring) === 0) {
      fault = 'its area is 0';
    } else {
      const outPx = farthestOut(ring, width, height);
      const inside = outPx === 0 ? ring : clipRing(ring, width, height);
      if (inside.length < 6 || ringArea(inside) === 0) {
        fault = `it lies outside of its image of ${width} × ${height} pixels`;
      } else {
        clipped ||= outPx > tolerancePx;
        rings.push(inside);
      }
    }
  }
  return rings.length === 0 ? { fault } : { shape: { kind: 'polygon', ringsPx: rings }, clipped };
}

/** Shoelace formula; the order of the points does not matter. */
export function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    twice += (ring[at] ?? 0) * (ring[next + 1] ?? 0) - (ring[next] ?? 0) * (ring[at + 1] ?? 0);
  }
  return Math.abs(twice) / 2;
}

/** Left, top, width, height of points. */
export function boxOfRings(rings: readonly (readonly number[])[]): [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings)
    for (let at = 0; at < ring.length; at += 2) {
      left = Math.min(left, ring[at] ?? left);
      right = Math.max(right, ring[at] ?? right);
      top = Math.min(top, ring[at + 1] ?? top);
      bottom = Math.max(bottom, ring[at + 1] ?? bottom);
    }
  return [left, top, right - left, bottom - top];
}

function farthestOut(ring: readonly number[], width: number, height: number): number {
  const [left, top, ringWidth, ringHeight] = boxOfRings([ring]);
  return Math.max(0, -left, -top, left + ringWidth - width, top + ringHeight - height);
}

/** Cuts at the four edges, one after the other. @see Sutherland, Hodgman 1974, "Reentrant Polygon Clipping". */
function clipRing(ring: readonly number[], width: number, height: number): number[] {
  const edges = [
    { axis: 0, limit: 0, sign: 1 },
    { axis: 0, limit: width, sign: -1 },
    { axis: 1, limit: 0, sign: 1 },
    { axis: 1, limit: height, sign: -1 },
  ] as const;
  return edges.reduce((points, { axis, limit, sign }) => clipAtEdge(points, axis, limit, sign), [...ring]);
}

function clipAtEdge(ring: readonly number[], axis: 0 | 1, limit: number, sign: 1 | -1): number[] {
  const kept: number[] = [];
  const inside = (at: number) => sign * ((ring[at + axis] ?? 0) - limit) >= 0;
  for (let at = 0; at < ring.length; at += 2) {
    const before = (at + ring.length - 2) % ring.length;
    if (inside(at) !== inside(before)) {
      const [from, to] = [ring[before + axis] ?? 0, ring[at + axis] ?? 0];
      const share = (limit - from) / (to - from);
      const other = 1 - axis;
      const crossing =
        (ring[before + other] ?? 0) + share * ((ring[at + other] ?? 0) - (ring[before + other] ?? 0));
      kept.push(...(axis === 0 ? [limit, crossing] : [crossing, limit]));
    }
    if (inside(at)) kept.push(ring[at] ?? 0, ring[at + 1] ?? 0);
  }
  return kept;
}
