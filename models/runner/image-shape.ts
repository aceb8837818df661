import type { ModelCard } from '../card.ts';
import type { ImageShape } from '../images/decode-image.ts';

/** What pixels a card asks for. */
export function imageShape({ input }: Pick<ModelCard, 'input'>): ImageShape {
  const { width, height, channels, resize, interpolation = 'area', pad_value: padValue = 0 } = input;
  return { width, height, channels, resize, interpolation, padValue };
}
