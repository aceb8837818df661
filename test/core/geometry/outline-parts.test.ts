import { maskOfPixels } from '../../../core/formats/pixel-mask.ts';
import { ringArea } from '../../../core/formats/shape-in-image.ts';
import { isInRing } from '../../../core/geometry/is-in-ring.ts';
import { outlineParts } from '../../../core/geometry/outline-parts.ts';
import { simplifyRing } from '../../../core/geometry/simplify-ring.ts';

function maskOf(rows: readonly string[]) {
  const text = rows.join('').split('').map((one) => Number(one === '#')); // prettier-ignore
  return maskOfPixels(text, rows[0]!.length, rows.length);
}

function mask(width: number, height: number, isIn: (x: number, y: number) => boolean) {
  const pixels = Uint8Array.from({ length: width * height }, (_, at) =>
    Number(isIn((at % width) + 0.5, Math.floor(at / width) + 0.5)),
  );
  return { pixels, mask: maskOfPixels(pixels, width, height) };
}

test('each part is a ring, largest first, and specks are left out', () => {
  const parts = outlineParts(maskOf(['####....', '####..##', '####..##', '........', '#.......']), 1);
  expect(parts).toEqual([
    [0, 0, 4, 0, 4, 3, 0, 3],
    [6, 1, 8, 1, 8, 3, 6, 3],
  ]);
});

test('a hole is joined to its part by a line without width, and a part in the hole stays on its own', () => {
  const rows = ['##########', '##########', '##......##', '##.####.##', '##.####.##', '##......##', '##########', '##########']; // prettier-ignore
  const parts = outlineParts(maskOf(rows), 0.5);
  expect(parts).toHaveLength(2);
  // 80 pixels less the 24 of the hole; by the even-odd rule the line does not count.
  expect(ringArea(parts[0]!)).toBe(56);
  expect(parts[1]).toEqual([3, 3, 7, 3, 7, 5, 3, 5]);
  rows.forEach((row, y) =>
    row.split('').forEach((one, x) => {
      expect([x, y, parts.some((ring) => isInRing(ring, x + 0.5, y + 0.5))]).toEqual([x, y, one === '#']);
    }),
  );
});

test('a speck that is all there is stays as it is; an empty mask has no outline', () => {
  expect(outlineParts(maskOf(['....', '.#..']), 1)).toEqual([[1, 1, 2, 1, 2, 2, 1, 2]]);
  expect(outlineParts(maskOf(['...', '...']), 1)).toEqual([]);
});

test('the steps of a slope become a line, and a disc keeps its pixels but for its rim', () => {
  const slope = mask(40, 40, (x, y) => y > x).mask;
  expect(outlineParts(slope, 1)[0]!.length).toBeLessThan(12);
  const radius = 30;
  const disc = mask(80, 80, (x, y) => Math.hypot(x - 40, y - 40) < radius);
  const [ring = []] = outlineParts(disc.mask, 1);
  expect(ring.length / 2).toBeLessThan(30);
  let [both, either] = [0, 0];
  disc.pixels.forEach((pixel, at) => {
    const isIn = isInRing(ring, (at % 80) + 0.5, Math.floor(at / 80) + 0.5);
    both += Number(isIn && pixel === 1);
    either += Number(isIn || pixel === 1);
  });
  expect(both / either).toBeGreaterThan(0.97);
});

test('no point that is left out is farther from the ring than the tolerance', () => {
  const ring = Array.from({ length: 200 }, (_, at) => {
    const turn = (Math.floor(at / 2) / 100) * 2 * Math.PI;
    return 50 + (20 + 5 * Math.sin(5 * turn)) * (at % 2 === 0 ? Math.cos(turn) : Math.sin(turn));
  });
  for (const tolerance of [0.5, 2]) {
    const simple = simplifyRing(ring, tolerance);
    expect(simple.length).toBeLessThan(ring.length / 2);
    for (let at = 0; at < ring.length; at += 2)
      expect(distanceTo(simple, ring[at]!, ring[at + 1]!)).toBeLessThanOrEqual(tolerance);
  }
});

function distanceTo(ring: readonly number[], x: number, y: number): number {
  let least = Infinity;
  for (let at = 0; at < ring.length; at += 2) {
    const [x1, y1] = [ring[at]!, ring[at + 1]!];
    const [x2, y2] = [ring[(at + 2) % ring.length]!, ring[(at + 3) % ring.length]!];
    const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2);
    const share = Math.min(1, Math.max(0, along));
    least = Math.min(least, Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1)));
  }
  return least;
}
