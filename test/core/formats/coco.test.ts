import { DomainError } from '../../../core/errors.ts';
import { openCoco } from '../../../core/formats/coco-reader.ts';
import { writeCoco } from '../../../core/formats/coco-writer.ts';
import { FormatReport } from '../../../core/formats/format-report.ts';
import { allOfStream, bytesOf, eachOf } from '../../support/streams.ts';

const images = [
  { id: 7, file_name: 'a.png', width: 10, height: 8 },
  { id: 9, file_name: 'b.png', width: 4, height: 4 },
];
const categories = [
  { id: 3, name: 'cat' },
  { id: 90, name: 'dog' },
];
const box = { id: 1, image_id: 7, category_id: 3, bbox: [1, 2, 3, 4] };

async function read(coco: unknown) {
  const text = typeof coco === 'string' ? coco : JSON.stringify(coco);
  const report = new FormatReport();
  const { classes, images: stream } = await openCoco(() => bytesOf(text), 'coco.json');
  return { classes, found: await allOfStream(stream(report)), report };
}

test('boxes, polygons and masks, whatever the order of the lists; images without objects too', async () => {
  const polygon = {
    id: 2,
    image_id: 7,
    category_id: 90,
    bbox: [0, 0, 1, 1],
    segmentation: [[0, 0, 4, 0, 4, 4]],
  };
  // Columns of 4: two of background, then the second column whole, then the first pixel of the third.
  const mask = { id: 3, image_id: 9, category_id: 3, segmentation: { size: [4, 4], counts: [4, 5, 7] } };
  const compressed = { id: 4, image_id: 9, category_id: 3, segmentation: { size: [4, 4], counts: '457' } };
  const more = { id: 11, file_name: 'c.png', width: 1, height: 1 };
  const { classes, found, report } = await read({
    annotations: [mask, box, polygon, compressed],
    categories,
    images: [...images, more],
  });
  expect(classes).toEqual(['cat', 'dog']);
  const maskShape = { kind: 'mask', mask: { width: 4, height: 4, counts: [4, 5, 7] } };
  expect(found).toEqual([
    { path: 'c.png', width: 1, height: 1, objects: [] },
    {
      path: 'a.png',
      width: 10,
      height: 8,
      objects: [
        { label: 'cat', shape: { kind: 'box', boxPx: [1, 2, 3, 4] } },
        { label: 'dog', shape: { kind: 'polygon', ringsPx: [[0, 0, 4, 0, 4, 4]] } },
      ],
    },
    {
      path: 'b.png',
      width: 4,
      height: 4,
      objects: [
        { label: 'cat', shape: maskShape },
        { label: 'cat', shape: maskShape },
      ],
    },
  ]);
  expect(report.lines()).toEqual(['4 objects on 3 images; 0 left out, 0 cut at the edge of their image']);
});

test.each([
  [{ bbox: [1, 2, -3, 4] }, 'its width is -3'],
  [{ bbox: [1, 2, 3, 0] }, 'its height is 0'],
  [{ bbox: [20, 2, 3, 4] }, 'it lies outside of its image of 10 × 8 pixels'],
  [{ bbox: null }, 'it has neither a bbox nor a segmentation'],
  [{ segmentation: [[1, 1, 2, 2]] }, 'it has 2 points'],
  [{ segmentation: [[1, 1, 2, 2, 3, 3]] }, 'its area is 0'],
  [{ segmentation: [[1, 1, 2, 2, 3]] }, 'a part of it has 5 numbers, which are no points'],
  [{ segmentation: [[-9, -9, -2, -9, -2, -2]] }, 'it lies outside of its image'],
  [{ segmentation: { size: [8, 10], counts: [80] } }, 'its mask is empty'],
  [{ segmentation: { size: [8, 10], counts: [1, 2] } }, 'its mask has 3 pixels, the image 80'],
  [{ segmentation: { size: [10, 8], counts: [1, 79] } }, 'its mask is 8 × 10, the image 10 × 8'],
  [
    { segmentation: { size: [8, 10], counts: '4\u0001' } },
    'The compressed counts are no COCO RLE at character 2.',
  ],
])('leaves out an object with %j, and says where', async (part, why) => {
  const { found, report } = await read({
    images,
    categories,
    annotations: [
      { ...box, ...part },
      { ...box, id: 2 },
    ],
  });
  expect(found.flatMap(({ objects }) => objects)).toHaveLength(1);
  expect(report.skipped).toBe(1);
  expect(report.examples[0]).toContain(`coco.json: annotations[0]: ${why}`);
});

test('cuts off what sticks out of the image', async () => {
  const annotations = [
    { ...box, bbox: [-2, 6, 5, 9] },
    { ...box, id: 2, segmentation: [[5, -4, 9, 4, 1, 4]] },
  ];
  const { found, report } = await read({ images, categories, annotations });
  expect(found[1]?.objects.map(({ shape }) => shape)).toEqual([
    { kind: 'box', boxPx: [0, 6, 3, 2] },
    // The triangle's tip above y = 0 is gone.
    { kind: 'polygon', ringsPx: [[3, 0, 7, 0, 9, 4, 1, 4]] },
  ]);
  expect(report).toMatchObject({ skipped: 0, clipped: 2 });
});

const whole = { images, categories, annotations: [box] };
test.each([
  [JSON.stringify(whole).slice(0, -20), 'coco.json is cut off: the JSON does not end after'],
  [JSON.stringify(whole).replace('[1,2,3,4]', '[NaN,2,3,4]'), 'coco.json is no JSON behind categories[1]'],
  [{ ...whole, annotations: undefined }, 'coco.json has no "annotations"'],
  [{ ...whole, images: { id: 7 } }, 'coco.json: "images" is no list.'],
  [{ ...whole, images: [...images, images[0]] }, 'coco.json: images[2]: the id 7 comes twice.'],
  [
    { ...whole, categories: [...categories, { id: 5, name: 'cat' }] },
    'coco.json: categories[2]: the name "cat" comes twice.',
  ],
  [{ ...whole, annotations: [box, { ...box }] }, 'coco.json: annotations[1]: the id 1 comes twice.'],
  [
    { ...whole, annotations: [{ ...box, category_id: 4 }] },
    'coco.json: annotations[0]: its category_id 4 is none of "categories".',
  ],
  [
    { ...whole, annotations: [{ ...box, image_id: 8 }] },
    'coco.json: annotations[0]: its image_id 8 is none of "images".',
  ],
  [{ ...whole, annotations: [{ ...box, bbox: [1, 2, 3] }] }, 'coco.json: annotations[0]: bbox'],
  [{ ...whole, images: [{ ...images[0], width: 0 }] }, 'coco.json: images[0]: width'],
])('refuses a file before it gives anything: %#', async (coco, message) => {
  await expect(read(coco)).rejects.toThrow(DomainError);
  await expect(read(coco)).rejects.toThrow(message);
});

test('comes back as it was written', async () => {
  const written = [
    {
      path: 'a.png',
      width: 10,
      height: 8,
      objects: [
        { label: 'dog', shape: { kind: 'box' as const, boxPx: [1.25, 2.5, 3, 4] as const }, score: 0.5 },
        {
          label: 'cat',
          shape: {
            kind: 'polygon' as const,
            ringsPx: [
              [0, 0, 4, 0, 4, 4],
              [5, 5, 7, 5, 7, 7],
            ],
          },
        },
      ],
    },
    {
      path: 'ü "b".png',
      width: 4,
      height: 4,
      objects: [
        { label: 'cat', shape: { kind: 'mask' as const, mask: { width: 4, height: 4, counts: [4, 5, 7] } } },
      ],
    },
  ];
  const text = (await allOfStream(writeCoco(() => eachOf(written), { classes: ['cat', 'dog'] }))).join('');
  const { found, report } = await read(text);
  expect(found).toEqual(written);
  expect(report.skipped + report.clipped).toBe(0);
  const { annotations } = JSON.parse(text) as { annotations: { area: number; bbox: number[] }[] };
  expect(annotations.map(({ area, bbox }) => [area, bbox])).toEqual([
    [12, [1.25, 2.5, 3, 4]],
    [10, [0, 0, 7, 7]],
    [5, [1, 0, 2, 4]],
  ]);
});

test('a file of 8 MB passes through without being held', async () => {
  const imagesOfFile = 150;
  async function* open(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`{"categories":${JSON.stringify(categories)},"annotations":[`);
    const segmentation = [Array.from({ length: 4000 }, (_, index) => (index * 7) % 90)];
    for (let id = 1; id <= imagesOfFile; id++) {
      const row = { id, image_id: id, category_id: 3, segmentation, note: 'x'.repeat(40_000) };
      yield Buffer.from(`${id === 1 ? '' : ','}${JSON.stringify(row)}`);
    }
    const list = Array.from({ length: imagesOfFile }, (_, index) => {
      const id = index + 1;
      return { id, file_name: `${id}.png`, width: 100, height: 100 };
    });
    yield Buffer.from(`],"images":${JSON.stringify(list)}}`);
  }
  const before = process.memoryUsage().rss;
  let most = 0;
  let seen = 0;
  const { images: stream } = await openCoco(open, 'coco.json');
  for await (const { objects } of stream(new FormatReport())) {
    seen += objects.length;
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  expect(seen).toBe(imagesOfFile);
  expect(most / 2 ** 20).toBeLessThan(100);
}, 60_000);
