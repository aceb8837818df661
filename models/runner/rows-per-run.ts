import type { ModelCard } from '../card.ts';

/** Four images of 224 x 224. */
const pixelsPerRun = 4 * 224 * 224;
const mostRows = 8;

/**
 * How many images a model is given at once. Small models gain a fifth of their time from a few together; large images gain nothing, and hold
 * several times the memory.
 */
export function rowsPerRun({ input }: Pick<ModelCard, 'input'>): number {
  return Math.max(1, Math.min(mostRows, Math.floor(pixelsPerRun / (input.width * input.height))));
}
