/**
 * One ring of several, for formats that know no parts and holes: each further ring is walked from the point that is nearest to what is there,
 * there and back over a line without width. The area it encloses, by the even-odd rule, is that of all.
 *
 * @param rings - `[x, y, …]` each; at least one.
 */
export function joinRings(rings: readonly (readonly number[])[]): number[] {
  const [first = [], ...others] = rings;
  return others.reduce<number[]>(
    (joined, ring) => {
      const [from, to] = nearest(joined, ring);
      const turned = [...ring.slice(to), ...ring.slice(0, to), ...ring.slice(to, to + 2)];
      return [...joined.slice(0, from + 2), ...turned, ...joined.slice(from)];
    },
    [...first],
  );
}

/** Where the closest pair of points stands in either. */
function nearest(one: readonly number[], other: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  let least = Infinity;
  for (let at = 0; at < one.length; at += 2)
    for (let to = 0; to < other.length; to += 2) {
      const distance =
        ((one[at] ?? 0) - (other[to] ?? 0)) ** 2 + ((one[at + 1] ?? 0) - (other[to + 1] ?? 0)) ** 2;
      if (distance < least) [best, least] = [[at, to], distance];
    }
  return best;
}
