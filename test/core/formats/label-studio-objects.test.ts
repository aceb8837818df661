import { FormatReport } from '../../../core/formats/format-report.ts';
import { objectsOfResult, objectsToResult } from '../../../core/formats/label-studio-objects.ts';
import type { AnnotatedImage } from '../../../core/formats/annotated-image.ts';

const image: AnnotatedImage = {
  path: 'a.png',
  width: 200,
  height: 100,
  objects: [
    { label: 'cat', shape: { kind: 'box', boxPx: [20, 10, 50, 25] }, score: 0.75 },
    {
      label: 'dog',
      shape: {
        kind: 'polygon',
        ringsPx: [
          [0, 0, 40, 0, 40, 40],
          [100, 50, 140, 50, 140, 90],
        ],
      },
    },
    {
      label: 'cat',
      shape: { kind: 'mask', mask: { width: 200, height: 100, counts: [4050, 30, 70, 30, 15_820] } },
    },
  ],
};

test('boxes and points in percent, further parts of a polygon below the first, masks as brushes', () => {
  const result = objectsToResult(image);
  expect(result[0]).toMatchObject({
    type: 'rectanglelabels',
    from_name: 'label',
    to_name: 'image',
    original_width: 200,
    original_height: 100,
    image_rotation: 0,
    score: 0.75,
    value: { x: 10, y: 10, width: 25, height: 25, rotation: 0, rectanglelabels: ['cat'] },
  });
  expect(result[1]?.['value']).toMatchObject({ points: [[0, 0], [20, 0], [20, 40]], closed: true }); // prettier-ignore
  expect(result[2]?.['parentID']).toBe(result[1]?.['id']);
  expect(result[3]).toMatchObject({ type: 'brushlabels', value: { format: 'rle', brushlabels: ['cat'] } });
  expect(new Set(result.map((item) => item['id'])).size).toBe(4);
  expect(objectsToResult(image)).toEqual(result);
});

test('come back as they were', () => {
  const report = new FormatReport();
  expect(objectsOfResult(objectsToResult(image), { place: 'x', report })).toEqual({
    width: 200,
    height: 100,
    objects: image.objects,
  });
  expect(report.skipped + report.clipped).toBe(0);
});

const base = { original_width: 100, original_height: 100 };
const box = { x: 50, y: 50, width: 20, height: 10, rotation: 0, rectanglelabels: ['cat'] };
function read(...items: Record<string, unknown>[]) {
  const report = new FormatReport();
  const found = objectsOfResult(
    items.map((item) => ({ ...base, ...item })),
    { place: 'task 3', report },
  );
  return { objects: found?.objects ?? [], report };
}

test('a box turned by 90° clockwise hangs to the left of its corner', () => {
  const { objects } = read({ type: 'rectanglelabels', value: { ...box, rotation: 90 } });
  const shape = objects[0]?.shape;
  const ring = shape?.kind === 'polygon' ? (shape.ringsPx[0] ?? []) : [];
  expect(ring.map((number) => Math.round(number))).toEqual([50, 50, 50, 70, 40, 70, 40, 50]);
});

test.each([
  [{ type: 'keypointlabels', value: { x: 1, y: 1 } }, 'it is of the type "keypointlabels"'],
  [{ type: 'rectanglelabels', value: { ...box, rectanglelabels: [] } }, 'it has 0 labels, not one'],
  [{ type: 'rectanglelabels', value: { ...box, width: -5 } }, 'its width is -5'],
  [{ type: 'polygonlabels', value: { points: [[1, 1], [2, 2]], polygonlabels: ['a'] } }, 'it has 2 points'], // prettier-ignore
  [{ type: 'brushlabels', value: { rle: [0, 0, 0, 9, 1], brushlabels: ['a'] } }, 'its brush unpacks to 9 bytes; an image of 100 × 100 pixels has 40000'], // prettier-ignore
])('leaves out %j and says why', (item, why) => {
  const { objects, report } = read({ type: 'rectanglelabels', value: box }, item);
  expect(objects).toHaveLength(1);
  expect(report.examples).toEqual([`task 3[1]: ${why}; left out`]);
});

test('a result without objects tells no size', () => {
  expect(objectsOfResult([], { place: 'x', report: new FormatReport() })).toBeNull();
});

test('an item of another shape is refused by name', () => {
  expect(() => read({ type: 'rectanglelabels', value: { ...box, x: 'left' } })).toThrow('task 3[0]: x: ');
});
