import { DomainError } from '../errors.ts';
import { binaryEntropyNats } from './entropy.ts';

/** One object's chance by pixel, row by row: of the image, or of what of it the model tells, such as the object's box. */
export interface PixelChances {
  readonly widthPx: number;
  readonly heightPx: number;
  /** `[height][width]` flat, 0..1; the object is where it is ½ or more. */
  readonly chances: ArrayLike<number>;
}

/** How far a mask is dilated, and how broad its boundary is on either side. */
const aroundPx = 3;
/** Part of the pixels that {@link unclearestPixels} counts. */
const unclearestPart = 0.1;

/**
 * Mean binary entropy in bits of the pixels of the mask dilated by 3 px: the mask term that a box's score is multiplied with. Never of the whole
 * image, which background decides.
 *
 * @returns 0..1; higher asks a person first. Null for an empty mask.
 * @throws {@link DomainError} on a chance outside 0..1, naming its pixel, and on another number of them. Never retried.
 */
export function meanPixelEntropy(pixels: PixelChances): number | null {
  return mean(entropiesWhere(pixels, dilated(maskOf(pixels), pixels, aroundPx)));
}

/**
 * Mean binary entropy in bits of the least clear tenth, one at least, of the pixels of the mask dilated by 3 px: sure inner pixels do not dilute it.
 *
 * @returns 0..1; higher asks a person first. Null for an empty mask.
 * @throws {@link DomainError} as {@link meanPixelEntropy}.
 */
export function unclearestPixels(pixels: PixelChances): number | null {
  const entropies = entropiesWhere(pixels, dilated(maskOf(pixels), pixels, aroundPx));
  entropies.sort((one, other) => other - one);
  return mean(entropies.slice(0, Math.ceil(entropies.length * unclearestPart)));
}

/**
 * Mean binary entropy in bits of the pixels within 3 px of the mask's boundary, inside or outside: how sure the outline is.
 *
 * @returns 0..1; higher asks a person first. Null for an empty mask, and one that fills its image.
 * @throws {@link DomainError} as {@link meanPixelEntropy}.
 */
export function boundaryEntropy(pixels: PixelChances): number | null {
  const mask = maskOf(pixels);
  const nearInside = dilated(mask, pixels, aroundPx);
  const nearOutside = dilated(
    mask.map((inside) => 1 - inside),
    pixels,
    aroundPx,
  );
  return mean(
    entropiesWhere(
      pixels,
      nearInside.map((near, index) => near & (nearOutside[index] ?? 0)),
    ),
  );
}

/**
 * `1 − IoU` that the model predicts for its own mask, where it has such an output.
 *
 * @param predictedIou - Without a {@link maskIouFault}.
 * @returns 0..1; higher asks a person first.
 * @see Huang et al. 2019, "Mask Scoring R-CNN".
 */
export function maskIouDoubt(predictedIou: number): number {
  return 1 - predictedIou;
}

/** What is wrong with a predicted IoU, as the end of a sentence that begins with its row. */
export function maskIouFault(predictedIou: number): string | null {
  return predictedIou >= 0 && predictedIou <= 1
    ? null
    : `holds the predicted mask IoU ${predictedIou}, which must be in 0..1`;
}

/** The mask terms, by the names that `loop.yaml` uses. */
export const maskTermNames = ['entropy', 'unclearest', 'boundary'] as const;
export type MaskTermName = (typeof maskTermNames)[number];

/**
 * All of an object's mask terms.
 *
 * @throws {@link DomainError} as {@link meanPixelEntropy}.
 */
export function maskTermsOf(pixels: PixelChances): Record<MaskTermName, number | null> {
  return {
    entropy: meanPixelEntropy(pixels),
    unclearest: unclearestPixels(pixels),
    boundary: boundaryEntropy(pixels),
  };
}

function maskOf({ widthPx, heightPx, chances }: PixelChances): Uint8Array {
  if (chances.length !== widthPx * heightPx)
    throw new DomainError(`There are ${chances.length} pixels, not ${widthPx} × ${heightPx}.`);
  return Uint8Array.from(chances, (chance, index) => {
    if (!(chance >= 0 && chance <= 1))
      throw new DomainError(
        `The pixel at ${index % widthPx}, ${Math.floor(index / widthPx)} has the chance ${chance}; it must be in 0..1.`,
      );
    return chance >= 0.5 ? 1 : 0;
  });
}

/** Every pixel within `radiusPx` of one of the mask's along both axes: first along the rows, then along the columns. */
function dilated(
  mask: Uint8Array,
  { widthPx, heightPx }: Pick<PixelChances, 'widthPx' | 'heightPx'>,
  radiusPx: number,
): Uint8Array {
  const spread = (from: Uint8Array, step: number, place: (index: number) => number, length: number) =>
    from.map((_, index) => {
      const here = place(index);
      const last = Math.min(here + radiusPx, length - 1);
      for (let at = Math.max(here - radiusPx, 0); at <= last; at++)
        if (from[index + (at - here) * step] === 1) return 1;
      return 0;
    });
  const alongRows = spread(mask, 1, (index) => index % widthPx, widthPx);
  return spread(alongRows, widthPx, (index) => Math.floor(index / widthPx), heightPx);
}

function entropiesWhere({ chances }: PixelChances, where: Uint8Array): number[] {
  const entropies: number[] = [];
  where.forEach((here, index) => {
    if (here === 1) entropies.push(binaryEntropyNats(chances[index] ?? NaN) / Math.LN2);
  });
  return entropies;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
