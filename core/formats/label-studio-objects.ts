import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { hash53 } from '../hash.ts';
import type { ResultItem } from '../ports.ts';
import type { AnnotatedImage, ImageObject, Shape } from './annotated-image.ts';
import { packBrush, unpackBrush } from './brush-mask.ts';
import type { FormatReport } from './format-report.ts';
import { shapeInImage } from './shape-in-image.ts';

/** Names of the label config's tags. */
export interface ObjectControls {
  readonly toName: string;
  /** Of `RectangleLabels`, `PolygonLabels` and `BrushLabels`. */
  readonly box: string;
  readonly polygon: string;
  readonly mask: string;
}

/** As most label configs name them, DagsHub's too. */
export const usualControls: ObjectControls = {
  toName: 'image',
  box: 'label',
  polygon: 'label',
  mask: 'label',
};

const percent = z.number();
const itemSchema = z.looseObject({
  id: z.string().optional(),
  type: z.string(),
  parentID: z.string().nullish(),
  original_width: z.int().positive().optional(),
  original_height: z.int().positive().optional(),
  score: z.number().nullish(),
  value: z.looseObject({}),
});
type Item = z.output<typeof itemSchema>;
const boxSchema = z.looseObject({
  x: percent,
  y: percent,
  width: percent,
  height: percent,
  rotation: z.number().default(0),
});
const polygonSchema = z.looseObject({ points: z.array(z.tuple([percent, percent])) });
const brushSchema = z.looseObject({
  format: z.literal('rle').optional(),
  rle: z.array(z.int().min(0).max(255)),
});

/**
 * An image's objects as a Label Studio result: boxes and points in percent of the image. Further parts of a polygon name the first as
 * their parent. Ids are hashes, so that repeating it gives the same bytes.
 */
export function objectsToResult(
  { path, width, height, objects }: AnnotatedImage,
  controls: ObjectControls = usualControls,
): ResultItem[] {
  return objects.flatMap(({ label, shape, score }, index) => {
    const id = (part: number) => hash53(`${path}\n${index}\n${part}`).toString(36);
    const common = {
      to_name: controls.toName,
      original_width: width,
      original_height: height,
      image_rotation: 0,
      ...(score !== undefined && { score }),
    };
    const item = (kind: Shape['kind'], part: number, value: Record<string, unknown>): ResultItem => {
      const type = typeOf[kind];
      return {
        id: id(part),
        type,
        from_name: controls[kind],
        ...common,
        value: { ...value, [type]: [label] },
      };
    };
    switch (shape.kind) {
      case 'box': {
        const [x, y, boxWidth, boxHeight] = shape.boxPx;
        const value = {
          x: (100 * x) / width,
          y: (100 * y) / height,
          width: (100 * boxWidth) / width,
          height: (100 * boxHeight) / height,
          rotation: 0,
        };
        return [item('box', 0, value)];
      }
      case 'polygon':
        return shape.ringsPx.map((ring, part) => {
          const points = pairs(ring).map(([x, y]) => [(100 * x) / width, (100 * y) / height]);
          return { ...item('polygon', part, { points, closed: true }), ...(part > 0 && { parentID: id(0) }) };
        });
      case 'mask':
        return [item('mask', 0, { format: 'rle', rle: packBrush(shape.mask) })];
    }
  });
}

const typeOf = { box: 'rectanglelabels', polygon: 'polygonlabels', mask: 'brushlabels' } as const;

/**
 * The objects of a Label Studio result: boxes (turned ones as polygons), polygons and brushes. Items of other types are left out and
 * reported.
 *
 * @param place - Names the result in messages.
 * @returns Null when nothing in the result tells the image's size, as in one without objects.
 * @throws {@link DomainError} for an item of another shape. Never retried.
 */
export function objectsOfResult(
  result: readonly ResultItem[],
  { place, report }: { place: string; report: FormatReport },
): Omit<AnnotatedImage, 'path'> | null {
  const items = result.map((item, index) => parse(itemSchema, item, `${place}[${index}]`));
  const sized = items.find(({ original_width: width, original_height: height }) => width && height);
  const { original_width: width, original_height: height } = sized ?? {};
  if (width === undefined || height === undefined) return null;
  const objects = new Map<string, ImageObject>();
  items.forEach((item, index) => {
    const where = `${place}[${index}]`;
    const read = objectOf(item, where, width, height);
    const checked = 'fault' in read ? read : shapeInImage(read.shape, width, height);
    if ('fault' in read || 'fault' in checked) {
      report.skip(where, 'fault' in read ? read.fault : 'fault' in checked ? checked.fault : '');
      return;
    }
    if (checked.clipped) report.clip(where);
    const parent = item.parentID == null ? undefined : objects.get(item.parentID);
    if (parent?.shape.kind === 'polygon' && checked.shape.kind === 'polygon' && parent.label === read.label) {
      const ringsPx = [...parent.shape.ringsPx, ...checked.shape.ringsPx];
      objects.set(item.parentID ?? '', { ...parent, shape: { kind: 'polygon', ringsPx } });
    } else objects.set(item.id ?? where, { ...read, shape: checked.shape });
  });
  return { width, height, objects: [...objects.values()] };
}

function objectOf(
  item: Item,
  where: string,
  width: number,
  height: number,
): ImageObject | { readonly fault: string } {
  const labels = item.value[item.type];
  const read = shapeOf(item, where, width, height);
  if ('fault' in read) return read;
  if (!Array.isArray(labels) || labels.length !== 1 || typeof labels[0] !== 'string')
    return { fault: `it has ${Array.isArray(labels) ? labels.length : 0} labels, not one` };
  const isScore = typeof item.score === 'number' && item.score >= 0 && item.score <= 1;
  return { label: labels[0], shape: read, ...(isScore && { score: item.score ?? 0 }) };
}

function shapeOf(
  { type, value }: Item,
  where: string,
  width: number,
  height: number,
): Shape | { readonly fault: string } {
  const [perX, perY] = [width / 100, height / 100];
  if (type === typeOf.box) {
    const box = parse(boxSchema, value, where);
    const boxPx = [box.x * perX, box.y * perY, box.width * perX, box.height * perY] as const;
    return box.rotation === 0 ? { kind: 'box', boxPx } : turned(boxPx, box.rotation);
  }
  if (type === typeOf.polygon) {
    const { points } = parse(polygonSchema, value, where);
    return { kind: 'polygon', ringsPx: [points.flatMap(([x, y]) => [x * perX, y * perY])] };
  }
  if (type === typeOf.mask) {
    const { rle } = parse(brushSchema, value, where);
    try {
      return { kind: 'mask', mask: unpackBrush(rle, width, height) };
    } catch (error) {
      if (error instanceof DomainError) return { fault: error.message };
      throw error;
    }
  }
  return { fault: `it is of the type "${type}"` };
}

/** Label Studio turns a box clockwise around its left upper corner. */
function turned([x, y, width, height]: readonly [number, number, number, number], degrees: number): Shape {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const corners = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ] as const;
  const ring = corners.flatMap(([right, down]) => [
    x + right * cos - down * sin,
    y + right * sin + down * cos,
  ]);
  return { kind: 'polygon', ringsPx: [ring] };
}

function pairs(ring: readonly number[]): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, at) => [ring[2 * at] ?? 0, ring[2 * at + 1] ?? 0]);
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DomainError(
    `${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is of another shape'}.`,
  );
}
