/** The rows of the highest dot products, highest first; of equal ones the first. */
export function nearestRows(dots: ArrayLike<number>, count: number): { at: number; dot: number }[] {
  const nearest: { at: number; dot: number }[] = [];
  let least = -Infinity;
  for (let at = 0; at < dots.length; at++) {
    const dot = dots[at] ?? NaN;
    if (nearest.length === count && dot <= least) continue;
    let place = nearest.length;
    while (place > 0 && (nearest[place - 1]?.dot ?? 0) < dot) place -= 1;
    nearest.splice(place, 0, { at, dot });
    if (nearest.length > count) nearest.pop();
    least = nearest.at(-1)?.dot ?? -Infinity;
  }
  return nearest;
}
