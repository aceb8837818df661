/** Behind the last of the restarts. */
export const noRestart: u32 = 0xffffffff;

/**
 * The bytes of a scan, without stuffing and markers, back to front before `to`: any eight of them are a number, the first one on top. `restarts` gets the
 * places of the restarts in them.
 *
 * @returns How many there are; -1 where the scan ends otherwise than with the image, or restarts come out of order.
 */
export function unstuff(from: usize, length: i32, to: usize, restarts: usize): i32 {
  const start = to;
  const stop = from + <usize>length;
  const prefix = i8x16.splat(-1);
  let count: u32 = 0;
  while (true) {
    let found = 0;
    while (found == 0 && from + 16 <= stop) {
      const bytes = v128.load(from);
      // What is behind a prefix is written over.
      v128.store(to - 16, i8x16.shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
      found = i8x16.bitmask(i8x16.eq(bytes, prefix));
      if (found == 0) {
        from += 16;
        to -= 16;
      }
    }
    if (found != 0) {
      from += <usize>ctz(found);
      to -= <usize>ctz(found);
    }
    while (from < stop && load<u8>(from) != 0xff) {
      to -= 1;
      store<u8>(to, load<u8>(from));
      from += 1;
    }
    if (from + 1 >= stop) return -1;
    const marker = <u32>load<u8>(from, 1);
    from += 2;
    if (marker == 0) {
      to -= 1;
      store<u8>(to, 0xff);
    } else if (marker == 0xd0 + (count & 7)) {
      store<u32>(restarts + ((<usize>count) << 2), <u32>(start - to));
      count += 1;
    } else {
      store<u32>(restarts + ((<usize>count) << 2), noRestart);
      return marker == 0xd9 ? <i32>(start - to) : -1;
    }
  }
}
