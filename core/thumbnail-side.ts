/** Pixels a side of a thumbnail: an image as 16×16 grey levels. */
export const thumbnailSide = 16;
