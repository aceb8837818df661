import type { PixelMask } from './annotated-image.ts';

/**
 * The pixels that more than half of the masks have.
 *
 * @param masks - Of one size; one at least.
 */
export function majorityMask(masks: readonly PixelMask[]): PixelMask {
  const { width = 0, height = 0 } = masks[0] ?? {};
  // Where a run of an object begins one mask more has the pixels from there on, and where it ends one less.
  const turns = masks
    .flatMap(({ counts }) => {
      let at = 0;
      return counts.map((run, index) => ({ at: (at += run), more: index % 2 === 0 ? 1 : -1 }));
    })
    .sort((a, b) => a.at - b.at);
  const counts: number[] = [];
  let [covering, isInside, start] = [0, false, 0];
  turns.forEach(({ at, more }, index) => {
    covering += more;
    if (turns[index + 1]?.at === at || at === width * height) return;
    if (2 * covering > masks.length === isInside) return;
    counts.push(at - start);
    [isInside, start] = [!isInside, at];
  });
  counts.push(width * height - start);
  return { width, height, counts };
}
