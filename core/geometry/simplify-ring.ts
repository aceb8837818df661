/**
 * A ring with fewer points: none of those left out is farther than the tolerance from the line that replaces it.
 *
 * @param ring - `[x, y, …]`, closed without repeating its first point.
 * @returns Points of `ring`; fewer than three when the tolerance swallows all of it.
 * @see Douglas, Peucker 1973.
 */
export function simplifyRing(ring: readonly number[], tolerancePx: number): number[] {
  const count = ring.length / 2;
  const kept = new Uint8Array(count + 1);
  const far = farthest(ring, 0, count).at;
  kept[0] = kept[far] = 1;
  const open: [number, number][] = [
    [0, far],
    [far, count],
  ];
  for (let span = open.pop(); span; span = open.pop()) {
    const [from, to] = span;
    const { at, distancePx } = farthest(ring, from, to);
    if (distancePx <= tolerancePx) continue;
    kept[at] = 1;
    open.push([from, at], [at, to]);
  }
  return ring.filter((_, index) => kept[index >> 1] === 1);
}

/** The point between two others that is farthest from their line; from the point itself where they are one. */
function farthest(ring: readonly number[], from: number, to: number): { at: number; distancePx: number } {
  const end = (2 * to) % ring.length;
  const x1 = ring[2 * from] as number;
  const y1 = ring[2 * from + 1] as number;
  const dx = (ring[end] as number) - x1;
  const dy = (ring[end + 1] as number) - y1;
  const isPoint = dx === 0 && dy === 0;
  let at = from;
  let most = -1;
  for (let place = from + 1; place < to; place++) {
    const x = (ring[2 * place] as number) - x1;
    const y = (ring[2 * place + 1] as number) - y1;
    const size = isPoint ? x * x + y * y : Math.abs(dx * y - dy * x);
    if (size > most) {
      most = size;
      at = place;
    }
  }
  return { at, distancePx: isPoint ? Math.sqrt(most) : most / Math.hypot(dx, dy) };
}
