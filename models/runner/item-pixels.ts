import { placeImage } from '../../core/geometry/image-placement.ts';
import { decodeSizedImage, type ImageShape, type SizedImage } from '../images/decode-image.ts';
import type { SegmentWriter } from '../images/segment-writer.ts';
import { thumbnailOf } from '../images/thumbnail-of.ts';
import type { Item } from './thread-messages.ts';

/** An image as a model is fed it, and as it is compared with others. */
export interface ItemImage extends SizedImage {
  readonly thumbnail: Uint8Array;
}

/**
 * The pixels of an item, kept if it says so. @param into - Where they are decoded to, unless they came along. @throws Error when the
 * bytes are no whole image.
 */
export async function itemPixels(
  item: Item,
  { shape, into, writer }: { shape: ImageShape; into: Uint8Array; writer: SegmentWriter | undefined },
): Promise<ItemImage> {
  if ('pixels' in item) return item;
  const decoded = await decodeSizedImage(item.bytes, shape, into);
  const inside = placeImage({ width: decoded.widthPx, height: decoded.heightPx }, shape, shape.resize);
  const image = { ...decoded, thumbnail: thumbnailOf(decoded.pixels, shape, inside) };
  if (item.keepAs) writer?.append(item.keepAs.key, { ...image, version: item.keepAs.version });
  return image;
}
