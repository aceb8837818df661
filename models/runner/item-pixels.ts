import { decodeSizedImage, type ImageShape, type SizedImage } from '../images/decode-image.ts';
import { storePixels } from '../images/pixel-store.ts';
import type { Item } from './thread-messages.ts';

/** The pixels of an item, decoded unless they came along, and kept where it says so. @throws Error when the bytes are no whole image. */
export async function itemPixels(item: Item, shape: ImageShape): Promise<SizedImage> {
  if ('pixels' in item) return item;
  const image = await decodeSizedImage(item.bytes, shape);
  if (item.keepIn) storePixels(item.keepIn.file, { ...image, version: item.keepIn.version });
  return image;
}
