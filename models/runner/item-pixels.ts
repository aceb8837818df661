import { decodeSizedImage, type ImageShape, type SizedImage } from '../images/decode-image.ts';
import { storePixels } from '../images/pixel-store.ts';
import type { Item } from './thread-messages.ts';

/**
 * The pixels of an item, kept where it says so. @param into - Where they are decoded to, unless they came along. @throws Error when the
 * bytes are no whole image.
 */
export async function itemPixels(item: Item, shape: ImageShape, into: Uint8Array): Promise<SizedImage> {
  if ('pixels' in item) return item;
  const image = await decodeSizedImage(item.bytes, shape, into);
  if (item.keepIn) storePixels(item.keepIn.file, { ...image, version: item.keepIn.version });
  return image;
}
