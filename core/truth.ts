import type { ImageObject } from './formats/annotated-image.ts';

/** What people said of an image. */
export type Truth = ClassTruth | ObjectsTruth;

export interface ClassTruth {
  readonly label: string;
}

export interface ObjectsTruth {
  /** None: somebody looked and found nothing. */
  readonly objects: readonly ImageObject[];
  /** Of the image as it is displayed; null when the answer does not tell, as one without objects. */
  readonly sizePx: { readonly width: number; readonly height: number } | null;
}
