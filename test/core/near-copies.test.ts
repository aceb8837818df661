import { NearCopies } from '../../core/near-copies.ts';
import { seededRandom } from '../../core/seeded-random.ts';

/** 16×16 grey levels at random, between 50 and 200. */
function picture(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: 256 }, () => 50 + 150 * random());
}

const copies = new NearCopies([
  { path: 'a.png', thumbnail: picture(1) },
  { path: 'flat.png', thumbnail: new Uint8Array(256).fill(90) },
  { path: 'b.png', thumbnail: picture(2) },
]);

test('finds the image itself, and it darker or with noise of a few grey levels', () => {
  const random = seededRandom(9);
  expect(copies.find(picture(2))).toBe('b.png');
  expect(copies.find(picture(2).map((level) => level / 2 + 10))).toBe('b.png');
  expect(copies.find(picture(1).map((level) => level + 8 * random() - 4))).toBe('a.png');
});

test('another image, one turned over, a flat one and one of another size are no copies', () => {
  expect(copies.find(picture(3))).toBeNull();
  expect(copies.find(picture(1).reverse())).toBeNull();
  expect(copies.find(new Uint8Array(256).fill(90))).toBeNull();
  expect(copies.find(new Uint8Array(64).fill(7))).toBeNull();
});

test('the bound is a correlation of 0.995', () => {
  // cos φ·a + sin φ·n of orthogonal a and n, each of mean 0 and as long, correlates with a by cos φ.
  const a = Array.from({ length: 256 }, (_, at) => (at % 2 === 0 ? 1 : -1));
  const n = Array.from({ length: 256 }, (_, at) => (at % 4 < 2 ? 1 : -1));
  const mixed = (cosine: number) =>
    Uint8Array.from(
      a,
      (value, at) => 128 + 100 * (cosine * value + Math.sqrt(1 - cosine ** 2) * (n[at] ?? 0)),
    );
  const known = new NearCopies([{ path: 'a.png', thumbnail: mixed(1) }]);
  expect(known.find(mixed(0.997))).toBe('a.png');
  expect(known.find(mixed(0.993))).toBeNull();
});

test('without a hold-out nothing is a copy', () => {
  expect(new NearCopies([]).find(picture(1))).toBeNull();
});
