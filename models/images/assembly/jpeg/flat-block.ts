import { blockAt } from './area';

/** The block as pixels, of which it says that all are alike. */
export function flatBlock(steps: usize, side: u32, to: usize, stride: usize): void {
  // Of 16 bits, as vectors have it.
  const sum = <i32>(<i16>(load<i16>(blockAt) * load<i16>(steps) * 4));
  const pixels = i8x16.splat(<i8>min(max(((sum + 16) >> 5) + 128, 0), 255));
  for (let row: u32 = 0; row < side; row++) {
    if (side == 8) v128.store64_lane(to, pixels, 0);
    else v128.store32_lane(to, pixels, 0);
    to += stride;
  }
}
