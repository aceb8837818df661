import type { PixelMask } from '../formats/annotated-image.ts';
import { joinRings } from '../formats/join-rings.ts';
import { outlineOfMask } from '../formats/mask-outline.ts';
import { isInRing } from './is-in-ring.ts';
import { simplifyRing } from './simplify-ring.ts';

/**
 * The outlines of a mask for people to correct: a ring a part, largest first, simplified by the tolerance; the holes of a part are joined to it by
 * lines without width. Parts and holes that the tolerance swallows are left out, unless nothing would be left.
 *
 * @returns Rings `[x, y, …]` in pixels; none for an empty mask.
 */
export function outlineParts(mask: PixelMask, tolerancePx: number): number[][] {
  const rings = outlineOfMask(mask);
  const [largest] = rings;
  if (!largest) return [];
  const parts = rings
    .filter((ring) => turning(ring) > 0)
    .map((outline) => ({ outline, rings: [simplifyRing(outline, tolerancePx)] }));
  for (const hole of rings.filter((ring) => turning(ring) < 0)) {
    const small = simplifyRing(hole, tolerancePx);
    if (!isArea(small)) continue;
    // A hole begins along the upper edge of a pixel of its part. Parts come largest first, so the last one around it is the one.
    const [x, y] = [(hole[0] ?? 0) + 0.5, (hole[1] ?? 0) + 0.5];
    const part = parts.length === 1 ? parts[0] : parts.findLast(({ outline }) => isInRing(outline, x, y));
    part?.rings.push(small);
  }
  const left = parts.filter(({ rings: [outline = []] }) => isArea(outline));
  return left.length > 0 ? left.map((part) => joinRings(part.rings)) : [largest];
}

function isArea(ring: readonly number[]): boolean {
  return ring.length >= 6;
}

/** Twice the area: above 0 for what goes clockwise on the screen. */
function turning(ring: readonly number[]): number {
  let twice = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    twice += (ring[at] ?? 0) * (ring[next + 1] ?? 0) - (ring[next] ?? 0) * (ring[at + 1] ?? 0);
  }
  return twice;
}
