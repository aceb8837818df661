/**
 * Which of some numbers, in whole 16s, are above a threshold: their places from the first one, as u32, at `places`.
 *
 * @returns How many there are.
 */
export function above(numbers: usize, count: i32, threshold: f32, places: usize): i32 {
  const least = f32x4.splat(threshold);
  let to = places;
  for (let at = 0; at < count; at += 16) {
    const first = v128.or(f32x4.gt(v128.load(numbers), least), f32x4.gt(v128.load(numbers, 16), least));
    const second = v128.or(f32x4.gt(v128.load(numbers, 32), least), f32x4.gt(v128.load(numbers, 48), least));
    if (v128.any_true(v128.or(first, second)))
      for (let one = 0; one < 16; one++)
        if (load<f32>(numbers + ((<usize>one) << 2)) > threshold) {
          store<u32>(to, at + one);
          to += 4;
        }
    numbers += 64;
  }
  return <i32>((to - places) >> 2);
}
