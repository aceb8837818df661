/** Lengths of an image, or of what a model is fed. */
export interface SizePx {
  readonly width: number;
  readonly height: number;
}

/** Where an image lies in the pixels that a model is fed: the rest is border. */
export interface Placement extends SizePx {
  readonly left: number;
  readonly top: number;
}

/**
 * Places an image in a model's input. `stretch` fills it; `letterbox` keeps the aspect ratio and centres, as Ultralytics does: sides are rounded
 * half to even and are 1 at least, and of an odd border the smaller half is left and above.
 *
 * @see `LetterBox` of ultralytics 8.4.190.
 */
export function placeImage(image: SizePx, input: SizePx, resize: 'stretch' | 'letterbox'): Placement {
  if (resize === 'stretch') return { left: 0, top: 0, width: input.width, height: input.height };
  const gain = Math.min(input.height / image.height, input.width / image.width);
  const width = Math.max(1, roundHalfEven(image.width * gain));
  const height = Math.max(1, roundHalfEven(image.height * gain));
  return {
    left: Math.floor((input.width - width) / 2),
    top: Math.floor((input.height - height) / 2),
    width,
    height,
  };
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
