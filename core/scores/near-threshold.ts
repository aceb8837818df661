/** A threshold, and how far from it a score may be. */
export interface NearThreshold {
  /** 0..1. */
  readonly threshold: number;
  /** Above 0. */
  readonly within: number;
}

/** Boxes are shown to people from 0.5 on. */
export const defaultNear: NearThreshold = { threshold: 0.5, within: 0.1 };

/**
 * Whether a slightly other threshold would show or hide a box: `|score − threshold| < within`. Summed over an image's boxes it is Roboflow's count.
 *
 * @param score - Of the box, 0..1.
 * @returns 1 or 0; 1 asks a person first.
 */
export function nearThreshold(score: number, { threshold, within }: NearThreshold): number {
  return Math.abs(score - threshold) < within ? 1 : 0;
}
