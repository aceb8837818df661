import { decodeSizedImage, type ImageShape, type SizedImage } from '../images/decode-image.ts';
import type { SegmentWriter } from '../images/segment-writer.ts';
import type { Item } from './thread-messages.ts';

/**
 * The pixels of an item, kept if it says so. @param into - Where they are decoded to, unless they came along. @throws Error when the
 * bytes are no whole image.
 */
export async function itemPixels(
  item: Item,
  { shape, into, writer }: { shape: ImageShape; into: Uint8Array; writer: SegmentWriter | undefined },
): Promise<SizedImage> {
  if ('pixels' in item) return item;
  const image = await decodeSizedImage(item.bytes, shape, into);
  if (item.keepAs) writer?.append(item.keepAs.key, { ...image, version: item.keepAs.version });
  return image;
}
