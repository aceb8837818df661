import type { AnnotatedImage, ImageObject } from './annotated-image.ts';
import { formatCocoCounts } from './coco-counts.ts';
import { maskArea, maskBox } from './pixel-mask.ts';
import { boxOfRings, ringArea } from './shape-in-image.ts';

/**
 * Writes COCO: boxes as `bbox`, polygons as lists of points, masks as compressed RLE; `area` and `bbox` for all. Category ids count from 1 in
 * the order of the classes, image and annotation ids from 1 in the order of the images.
 *
 * @param open - Gives the images from the first on; called twice, so that neither list is held.
 * @returns The document's text in pieces.
 */
export async function* writeCoco(
  open: () => AsyncIterable<AnnotatedImage>,
  { classes }: { classes: readonly string[] },
): AsyncGenerator<string> {
  const categoryIds = new Map(classes.map((name, index) => [name, index + 1]));
  yield '{"info":{"description":"written by labelloop"},\n"images":[';
  let imageId = 0;
  for await (const { path, width, height } of open())
    yield `${++imageId === 1 ? '' : ','}\n${JSON.stringify({ id: imageId, file_name: path, width, height })}`;
  yield '],\n"annotations":[';
  let annotationId = 0;
  imageId = 0;
  for await (const { path, objects } of open()) {
    imageId += 1;
    for (const object of objects) {
      const category = categoryIds.get(object.label);
      if (category === undefined)
        throw new Error(`The class "${object.label}" of ${path} is none of those given.`);
      const row = { id: ++annotationId, image_id: imageId, category_id: category, ...geometry(object) };
      yield `${annotationId === 1 ? '' : ','}\n${JSON.stringify(row)}`;
    }
  }
  const categories = classes.map((name, index) => ({ id: index + 1, name }));
  yield `],\n"categories":${JSON.stringify(categories)}}\n`;
}

function geometry({ shape, score }: ImageObject) {
  const common = { iscrowd: 0, ...(score !== undefined && { score }) };
  switch (shape.kind) {
    case 'box':
      return { bbox: shape.boxPx, area: shape.boxPx[2] * shape.boxPx[3], ...common };
    case 'polygon': {
      const area = shape.ringsPx.reduce((sum, ring) => sum + ringArea(ring), 0);
      return { segmentation: shape.ringsPx, bbox: boxOfRings(shape.ringsPx), area, ...common };
    }
    case 'mask': {
      const { width, height, counts } = shape.mask;
      return {
        segmentation: { size: [height, width], counts: formatCocoCounts(counts) },
        bbox: maskBox(shape.mask),
        area: maskArea(shape.mask),
        ...common,
      };
    }
  }
}
