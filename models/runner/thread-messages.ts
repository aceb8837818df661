import type { Classified, Detected, KeptImage, Unreadable } from '../../core/ports.ts';
import type { Place } from '../images/shared-buffers.ts';

/** What pool and thread say to each other. */
export type ToThread =
  | { readonly kind: 'batch'; readonly batch: number; readonly items: readonly SentItem[] }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly batch: number; readonly results: readonly SentAnswer[] }
  /** The model itself failed on this batch, or could not be loaded (`batch` null). */
  | { readonly kind: 'failed'; readonly batch: number | null; readonly message: string };

export type Item = KeptImage | EncodedItem;

/** An item as it travels: where its bytes or pixels lie in the room that all threads see, it says where. */
export type SentItem =
  | (Omit<KeptImage, 'pixels'> & { readonly pixels: Uint8Array | Place })
  | (Omit<EncodedItem, 'bytes'> & { readonly bytes: Uint8Array | Place });

export interface EncodedItem {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** A feature vector is wanted. */
  readonly embed?: boolean;
  /** How unclear the masks' pixels are is wanted. */
  readonly maskTerms?: boolean;
  /** What the thread keeps under which key, once it is decoded. */
  readonly keepAs?: { readonly key: string; readonly version: string };
}

/** An answer as it travels: probabilities as a part of one buffer for all of a batch. */
export type SentAnswer = Detected | Unreadable | SentClasses;

export interface SentClasses extends Omit<Classified, 'probabilities' | 'draws'> {
  readonly probabilities: Float64Array;
  readonly draws?: readonly Float64Array[];
}

/** What a model says of an image, by its kind; or why it could not be decoded. */
export type Answer = Classified | Detected | Unreadable;
