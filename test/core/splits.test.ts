import { splitOf } from '../../core/splits.ts';

const recipe = { train: 0.6, valid: 0.3, test: 0.1 };
const paths = Array.from({ length: 20_000 }, (_, index) => `images/${index}.jpg`);

function shares(ratios: typeof recipe, seed = 1) {
  const counts = { train: 0, valid: 0, test: 0 };
  for (const path of paths) counts[splitOf(path, ratios, seed)] += 1;
  return Object.fromEntries(Object.entries(counts).map(([split, count]) => [split, count / paths.length]));
}

test.each([[recipe], [{ train: 0.8, valid: 0.1, test: 0.1 }], [{ train: 1, valid: 1, test: 2 }]])(
  'gives each split its share: %j',
  (ratios) => {
    const sum = ratios.train + ratios.valid + ratios.test;
    const found = shares(ratios);
    // Three standard errors of a share of 20,000 are at most 1.1 points.
    for (const [split, ratio] of Object.entries(ratios))
      expect(Math.abs(found[split]! - ratio / sum)).toBeLessThan(0.011);
  },
);

test('only the ratios count, not their sum', () => {
  for (const path of paths.slice(0, 500))
    expect(splitOf(path, { train: 60, valid: 30, test: 10 }, 1)).toBe(splitOf(path, recipe, 1));
});

/** Frozen: another answer here moves images between splits in datasources that exist. */
test('an image keeps its split for ever', () => {
  expect(
    Object.fromEntries(
      ['a.png', 'b.png', 'dir/c.jpg', 'ünïcode/ß.png', '0001.tif', 'x'].map((path) => [
        path,
        splitOf(path, recipe, 1),
      ]),
    ),
  ).toEqual({
    'a.png': 'valid',
    'b.png': 'train',
    'dir/c.jpg': 'train',
    'ünïcode/ß.png': 'test',
    '0001.tif': 'valid',
    x: 'train',
  });
});

test('another seed is another assignment', () => {
  const moved = paths.filter((path) => splitOf(path, recipe, 1) !== splitOf(path, recipe, 2)).length;
  // Independent assignments agree with probability 0.6² + 0.3² + 0.1² = 0.46.
  expect(Math.abs(moved / paths.length - 0.54)).toBeLessThan(0.02);
});

test('a part without ratio gets nothing', () => {
  const found = paths.map((path) => splitOf(path, { train: 1, valid: 1, test: 0 }, 1));
  expect(found).not.toContain('test');
});
