import { StratifiedSplits } from '../../core/stratified-splits.ts';

const ratios = { train: 0.6, valid: 0.3, test: 0.1 };

function draw(splits: StratifiedSplits, stratum: string, images: number): string[] {
  return Array.from({ length: images }, () => splits.next(stratum));
}

function count(drawn: readonly string[], split: string): number {
  return drawn.filter((one) => one === split).length;
}

test('every block of 20 holds the ratios exactly where they divide it', () => {
  const drawn = draw(new StratifiedSplits(ratios, 1), 'a', 200);
  for (let block = 0; block < 10; block++) {
    const part = drawn.slice(block * 20, block * 20 + 20);
    expect([count(part, 'train'), count(part, 'valid'), count(part, 'test')]).toEqual([12, 6, 2]);
  }
});

test('ratios that do not divide a block are met on the whole', () => {
  const uneven = { train: 0.517, valid: 0.333, test: 0.15 };
  const drawn = draw(new StratifiedSplits(uneven, 1), 'a', 20_000);
  // Each block's error is below one image and independent: 1,000 blocks stay within 32 · 3 standard errors.
  for (const [split, ratio] of Object.entries(uneven))
    expect(Math.abs(count(drawn, split) - 20_000 * ratio)).toBeLessThan(50);
});

test('the order within a block is by chance: other blocks, strata and seeds have others', () => {
  const splits = new StratifiedSplits(ratios, 1);
  const orders = [draw(splits, 'a', 20), draw(splits, 'a', 20), draw(splits, 'b', 20)];
  orders.push(draw(new StratifiedSplits(ratios, 2), 'a', 20));
  expect(new Set(orders.map((order) => order.join())).size).toBe(4);
});

test('goes on behind what is counted, as if it had drawn it', () => {
  const whole = draw(new StratifiedSplits(ratios, 1), 'a', 50);
  const resumed = new StratifiedSplits(ratios, 1);
  for (let index = 0; index < 33; index++) resumed.count('a');
  expect(draw(resumed, 'a', 17)).toEqual(whole.slice(33));
});
