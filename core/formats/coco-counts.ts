import { DomainError } from '../errors.ts';

/** Five bits a character; more than these are no run of an image. */
const maxDigits = 7;

/**
 * The run lengths in COCO's compressed string: 5 bits a character from `0` on, least first, the sixth bit for "more follows"; from the
 * fourth on each is the difference to the one two before.
 *
 * @throws {@link DomainError} on a character outside of the alphabet, a number that does not end, or a negative run. Never retried.
 * @see `rleFrString` of pycocotools.
 */
export function parseCocoCounts(text: string): number[] {
  const counts: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    let digits = 0;
    let code: number;
    do {
      code = text.charCodeAt(at++) - 48;
      if (!(code >= 0 && code < 64) || digits === maxDigits)
        throw new DomainError(`The compressed counts are no COCO RLE at character ${at}.`);
      value += (code & 31) * 32 ** digits++;
    } while ((code & 32) !== 0);
    if ((code & 16) !== 0) value -= 32 ** digits;
    const count = counts.length > 2 ? value + (counts.at(-2) ?? 0) : value;
    if (count < 0) throw new DomainError(`The compressed counts hold a run of ${count} pixels.`);
    counts.push(count);
  }
  return counts;
}

/** The other way: what `rleToString` of pycocotools writes. */
export function formatCocoCounts(counts: readonly number[]): string {
  let text = '';
  counts.forEach((count, index) => {
    let value = index > 2 ? count - (counts[index - 2] ?? 0) : count;
    let more = true;
    while (more) {
      const digit = ((value % 32) + 32) % 32;
      value = Math.floor(value / 32);
      more = (digit & 16) !== 0 ? value !== -1 : value !== 0;
      text += String.fromCharCode(digit + (more ? 32 : 0) + 48);
    }
  });
  return text;
}
