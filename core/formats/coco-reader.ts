import { z } from 'zod';
import { DomainError } from '../errors.ts';
import type { AnnotatedImage, ImageObject, Shape } from './annotated-image.ts';
import type { AnnotationFile } from './annotation-file.ts';
import { parseCocoCounts } from './coco-counts.ts';
import type { FormatReport } from './format-report.ts';
import { jsonLists, type ListItem } from './json-lists.ts';
import { SeenIds } from './seen-ids.ts';
import { shapeInImage } from './shape-in-image.ts';

const idSchema = z.union([z.number(), z.string()]);
type Id = z.output<typeof idSchema>;
const imageSchema = z.looseObject({
  id: idSchema,
  file_name: z.string().min(1),
  width: z.int().positive(),
  height: z.int().positive(),
});
const categorySchema = z.looseObject({ id: idSchema, name: z.string().min(1) });
const rleSchema = z.looseObject({
  counts: z.union([z.string(), z.array(z.int().nonnegative())]),
  size: z.tuple([z.int().positive(), z.int().positive()]),
});
const annotationSchema = z.looseObject({
  id: idSchema.optional(),
  image_id: idSchema,
  category_id: idSchema,
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullish(),
  segmentation: z.union([z.array(z.array(z.number())), rleSchema]).nullish(),
  score: z.number().min(0).max(1).nullish(),
});
type Annotation = z.output<typeof annotationSchema>;
type Image = z.output<typeof imageSchema>;

/** What the first pass knows: everything but the annotations themselves. */
interface Index {
  readonly images: Map<Id, Image>;
  readonly categories: Map<Id, string>;
  /** Annotations of each image that has some. */
  readonly counts: Map<Id, number>;
}

/**
 * Opens a COCO file: the first of two readings checks every row of its three lists, so that nothing comes of a file that is refused. In the
 * second, {@link AnnotationFile.images}, an image is given as soon as its last annotation is read, and images without objects come first.
 * Memory holds the list of images and the annotations of unfinished ones, which in a file sorted by image is one.
 *
 * An annotation with a segmentation is its polygon or mask, one without is its box. What cannot be drawn is left out and reported.
 *
 * @param open - Opens the file from its start; called once for each reading.
 * @param file - Names the file in messages.
 * @throws {@link DomainError} naming file, list and row: no JSON, a missing list, a row of another shape, an id that comes twice, an unknown
 * image or category. Never retried.
 * @see https://cocodataset.org/#format-data
 */
export async function openCoco(open: () => AsyncIterable<Uint8Array>, file: string): Promise<AnnotationFile> {
  const index = await readIndex(open(), file);
  const categories = [...index.categories].sort(([one], [other]) => inOrder(one, other));
  return {
    classes: categories.map(([, name]) => name),
    images: (report) => readImages(open(), { file, index, report }),
  };
}

async function* readImages(
  bytes: AsyncIterable<Uint8Array>,
  { file, index, report }: { file: string; index: Index; report: FormatReport },
): AsyncGenerator<AnnotatedImage> {
  const given = (image: Image, objects: readonly ImageObject[]): AnnotatedImage => {
    report.images += 1;
    report.objects += objects.length;
    return { path: image.file_name, width: image.width, height: image.height, objects };
  };
  for (const [id, image] of index.images) if (!index.counts.has(id)) yield given(image, []);

  const unfinished = new Map<Id, { objects: ImageObject[]; left: number }>();
  for await (const item of jsonLists(bytes, { file, lists: ['annotations'] })) {
    const annotation = parseRow(annotationSchema, item, file);
    const image = index.images.get(annotation.image_id);
    const label = index.categories.get(annotation.category_id);
    if (!image || label === undefined) throw new DomainError(`${file} has changed while it was read.`);
    const begun = unfinished.get(annotation.image_id) ?? {
      objects: [],
      left: index.counts.get(annotation.image_id) ?? 0,
    };
    const object = objectOf(annotation, { image, label, place: place(item, file), report });
    if (object) begun.objects.push(object);
    begun.left -= 1;
    if (begun.left > 0) unfinished.set(annotation.image_id, begun);
    else {
      unfinished.delete(annotation.image_id);
      yield given(image, begun.objects);
    }
  }
  if (unfinished.size > 0) throw new DomainError(`${file} has changed while it was read.`);
}

function inOrder(one: Id, other: Id): number {
  return typeof one === 'number' && typeof other === 'number'
    ? one - other
    : String(one).localeCompare(String(other), 'en', { numeric: true });
}

async function readIndex(bytes: AsyncIterable<Uint8Array>, file: string): Promise<Index> {
  const images = new Map<Id, Image>();
  const categories = new Map<Id, string>();
  const counts = new Map<Id, number>();
  const firstUse = { image: new Map<Id, number>(), category: new Map<Id, number>() };
  const annotationIds = new SeenIds();
  const paths = new Set<string>();
  const names = new Set<string>();
  const once = (isNew: boolean, id: Id, item: ListItem, what: string) => {
    if (!isNew) throw new DomainError(`${place(item, file)}: ${what} ${JSON.stringify(id)} comes twice.`);
  };

  for await (const item of jsonLists(bytes, { file, lists: ['images', 'categories', 'annotations'] })) {
    if (item.list === 'images') {
      const { id, file_name, width, height } = parseRow(imageSchema, item, file);
      once(!images.has(id), id, item, 'the id');
      once(!paths.has(file_name), file_name, item, 'the file_name');
      paths.add(file_name);
      images.set(id, { id, file_name, width, height });
    } else if (item.list === 'categories') {
      const { id, name } = parseRow(categorySchema, item, file);
      once(!categories.has(id), id, item, 'the id');
      once(!names.has(name), name, item, 'the name');
      names.add(name);
      categories.set(id, name);
    } else {
      const { id, image_id, category_id } = parseRow(annotationSchema, item, file);
      if (id !== undefined) once(annotationIds.add(id), id, item, 'the id');
      counts.set(image_id, (counts.get(image_id) ?? 0) + 1);
      if (!firstUse.image.has(image_id)) firstUse.image.set(image_id, item.index);
      if (!firstUse.category.has(category_id)) firstUse.category.set(category_id, item.index);
    }
  }
  for (const [list, size] of [
    ['images', images.size],
    ['categories', categories.size],
    ['annotations', annotationIds.size + counts.size],
  ] as const)
    if (size === 0) throw new DomainError(`${file} has no "${list}", or none in it: it is no COCO file.`);
  requireKnown(firstUse.image, images, { file, key: 'image_id', list: 'images' });
  requireKnown(firstUse.category, categories, { file, key: 'category_id', list: 'categories' });
  return { images, categories, counts };
}

/** Lists may come in any order, so that this is known at the end only. */
function requireKnown(
  used: ReadonlyMap<Id, number>,
  known: ReadonlyMap<Id, unknown>,
  { file, key, list }: { file: string; key: string; list: string },
): void {
  for (const [id, index] of used)
    if (!known.has(id))
      throw new DomainError(
        `${file}: annotations[${index}]: its ${key} ${JSON.stringify(id)} is none of "${list}".`,
      );
}

function objectOf(
  annotation: Annotation,
  about: { image: Image; label: string; place: string; report: FormatReport },
): ImageObject | null {
  const { image, label, place, report } = about;
  const shape = shapeOf(annotation);
  const checked =
    typeof shape === 'string' ? { fault: shape } : shapeInImage(shape, image.width, image.height);
  if ('fault' in checked) {
    report.skip(place, checked.fault);
    return null;
  }
  if (checked.clipped) report.clip(place);
  const { score } = annotation;
  return { label, shape: checked.shape, ...(score != null && { score }) };
}

/** Or why there is none. */
function shapeOf({ bbox, segmentation }: Annotation): Shape | string {
  if (Array.isArray(segmentation) && segmentation.length > 0)
    return { kind: 'polygon', ringsPx: segmentation };
  if (segmentation && !Array.isArray(segmentation)) {
    const { counts, size } = segmentation;
    try {
      const runs = typeof counts === 'string' ? parseCocoCounts(counts) : counts;
      return { kind: 'mask', mask: { height: size[0], width: size[1], counts: runs } };
    } catch (error) {
      if (error instanceof DomainError) return error.message;
      throw error;
    }
  }
  return bbox ? { kind: 'box', boxPx: bbox } : 'it has neither a bbox nor a segmentation';
}

function parseRow<Schema extends z.ZodType>(schema: Schema, item: ListItem, file: string): z.output<Schema> {
  const row = schema.safeParse(item.value);
  if (row.success) return row.data;
  const issue = row.error.issues[0];
  throw new DomainError(
    `${place(item, file)}: ${issue?.path.join('.') || 'the row'}: ${issue?.message ?? 'is of another shape'}.`,
  );
}

function place({ list, index }: ListItem, file: string): string {
  return `${file}: ${list}[${index}]`;
}
