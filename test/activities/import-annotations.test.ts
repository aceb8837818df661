import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { importAnnotationsActivity } from '../../activities/import-annotations.ts';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import type { LoopSpec } from '../../core/loop-spec.ts';
import { choiceOf } from '../../core/results.ts';
import type { Truth } from '../../core/truth.ts';
import { AnnotatedWorld, classes, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(12);
});
afterEach(() => world.remove());

type Import = LoopSpec['importAnnotations'][number];

async function importing(...files: readonly [Import['format'], string][]) {
  const imports = await Promise.all(
    files.map(async ([format, text], index) => {
      const file = join(world.workDir, `${index}.${format}`);
      await writeFile(file, text);
      return { format, file };
    }),
  );
  const { importAnnotations } = importAnnotationsActivity(world);
  return runActivity(importAnnotations, { datasource: { id: '1', rootUrl }, scheme, imports });
}

async function labels(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [path, hash] of Object.entries(world.column('annotation')))
    found[path] = choiceOf(resultOfBlob(await world.engine.fetchBlob(String(hash)), path), classes, path);
  return found;
}

const export1 = JSON.stringify([
  {
    data: { image: '03.png' },
    annotations: [{ result: [{ type: 'choices', value: { choices: ['dog'] } }] }],
  },
]);

test("finds an image by its download URL, as DagsHub's projects export it", async () => {
  const image = world.engine.downloadUrl({ rootUrl, path: '05.png' });
  const result = await importing(['label-studio', export1.replace('03.png', image)]);
  expect(result).toEqual({ imported: 1, kept: 0, unmatched: 0, unmatchedExamples: [] });
  expect(await labels()).toEqual({ '05.png': 'dog' });
});

test('writes the annotations of csv and Label Studio files, and says what matched nothing', async () => {
  const result = await importing(
    ['csv', 'path,label\n00.png,cat\n11.png,dog\nnowhere.png,cat\n'],
    ['label-studio', export1],
  );
  expect(result).toEqual({ imported: 3, kept: 0, unmatched: 1, unmatchedExamples: ['nowhere.png'] });
  expect(await labels()).toEqual({ '00.png': 'cat', '03.png': 'dog', '11.png': 'dog' });
  expect(world.column('annotationSource')['11.png']).toMatch(/^import\/.*0\.csv:3$/);
});

test('a second import changes nothing, and an annotation that is there is kept', async () => {
  await world.annotate(0, 1);
  expect(await importing(['csv', '00.png,dog\n01.png,dog'])).toMatchObject({ imported: 1, kept: 1 });
  const { written } = world;
  expect(await importing(['csv', '00.png,dog\n01.png,dog'])).toMatchObject({ imported: 0, kept: 2 });
  expect(world.written).toBe(written);
  expect(await labels()).toEqual({ '00.png': 'cat', '01.png': 'dog' });
});

test('nothing to import asks nothing', async () => {
  expect(await importing(['csv', ''])).toMatchObject({ imported: 0 });
  expect(world.engine.calls['queryDatapoints']).toBeUndefined();
});

test.each([
  ['an unknown class', '00.png,cow', /0\.csv: the annotation of "00\.png" names the class "cow"/],
  ['a line without label', '00.png', /0\.csv:1: "00\.png" is not "path,label"/],
])('%s is final, names the file, and writes nothing', async (_, text, message) => {
  await expect(importing(['csv', text])).rejects.toMatchObject({
    nonRetryable: true,
    message: expect.stringMatching(message),
  });
  expect(world.written).toBe(0);
});

test('a file that is not there is final, in one sentence', async () => {
  const { importAnnotations } = importAnnotationsActivity(world);
  const imports = [{ format: 'csv' as const, file: '/nowhere/labels.csv' }];
  await expect(
    runActivity(importAnnotations, { datasource: { id: '1', rootUrl }, scheme, imports }),
  ).rejects.toMatchObject({
    nonRetryable: true,
    message: 'cannot read /nowhere/labels.csv on this machine (ENOENT).',
  });
});

test('of two rows for one image the last counts, in whichever chunk it comes', async () => {
  await world.remove();
  world = await AnnotatedWorld.create(1100, { pageImages: 400 });
  const rows = world.paths.map((path) => `${path},cat`);
  expect(await importing(['csv', [...rows, '00.png,dog'].join('\n')], ['csv', '99.png,dog'])).toMatchObject({
    imported: 1100,
    unmatched: 0,
  });
  const found = await labels();
  expect(Object.values(found)).toHaveLength(1100);
  expect(Object.keys(found).filter((path) => found[path] === 'dog')).toEqual(['00.png', '99.png']);
});

describe('objects', () => {
  const boxes: LabelScheme = { task: 'detection', classes };
  const image = (id: number, file_name: string) => ({ id, file_name, width: 40, height: 20 });
  const coco = {
    images: [image(1, '02.png'), image(2, '07.png'), image(3, 'nowhere.png'), image(4, '09.png')],
    categories: [
      { id: 20, name: 'dog' },
      { id: 3, name: 'cat' },
      { id: 4, name: 'horse' },
    ],
    annotations: [
      { id: 1, image_id: 1, category_id: 20, bbox: [10, 5, 20, 10] },
      { id: 2, image_id: 2, category_id: 3, segmentation: [[0, 0, 8, 0, 8, 6]], bbox: [0, 0, 8, 6] },
      { id: 3, image_id: 1, category_id: 3, bbox: [0, 0, 40, -1] },
      { id: 4, image_id: 3, category_id: 3, bbox: [30, 0, 20, 5] },
    ],
  };

  async function importObjects(one: Import, from: LabelScheme = boxes) {
    const { importAnnotations } = importAnnotationsActivity(world);
    const input = { datasource: { id: '1', rootUrl }, scheme: from, imports: [one] };
    return runActivity(importAnnotations, input);
  }

  async function written(from = boxes): Promise<Record<string, Truth>> {
    const found: Record<string, Truth> = {};
    for (const [path, hash] of Object.entries(world.column('annotation')))
      found[path] = answersOf(from).truthOf(
        resultOfBlob(await world.engine.fetchBlob(String(hash)), path),
        path,
      );
    return found;
  }

  async function cocoFile(value: unknown = coco): Promise<string> {
    const file = join(world.workDir, 'coco.json');
    await writeFile(file, JSON.stringify(value));
    return file;
  }

  const sizePx = { width: 40, height: 20 };
  const box = (label: string, ...boxPx: [number, number, number, number]) => ({
    label,
    shape: { kind: 'box', boxPx },
  });

  test('of COCO find their images by file_name; images without any stay unlabelled', async () => {
    const file = await cocoFile();
    expect(await importObjects({ format: 'coco', file })).toEqual({
      imported: 2,
      kept: 0,
      unmatched: 1,
      unmatchedExamples: ['nowhere.png'],
      faults: {
        skipped: 1,
        clipped: 1,
        examples: [
          `${file}: annotations[2]: its height is -1; left out`,
          `${file}: annotations[3]: it sticks out of the image; cut at the edge`,
        ],
      },
    });
    expect(await written()).toEqual({
      '02.png': { sizePx, objects: [box('dog', 10, 5, 20, 10)] },
      '07.png': { sizePx, objects: [box('cat', 0, 0, 8, 6)] },
    });
    expect(world.column('annotationSource')).toEqual({
      '02.png': `import/${file}`,
      '07.png': `import/${file}`,
    });
  });

  test('of YOLO find them by path from the dataset on, in a folder of the datasource', async () => {
    const labels = join(world.workDir, 'labels');
    const images = join(world.workDir, 'images');
    await Promise.all([mkdir(labels), mkdir(images)]);
    for (const name of ['a.png', 'b.png'])
      await sharp({ create: { ...sizePx, channels: 3, background: 'black' } })
        .png()
        .toFile(join(images, name));
    await writeFile(join(labels, 'a.txt'), '1 0.5 0.5 0.5 0.5\n');
    const file = join(world.workDir, 'data.yaml');
    await writeFile(file, `train: images\nnames: [${classes.join(', ')}]\n`);
    world.engine.addImage(rootUrl, 'batch 1/images/a.png');
    await world.engine.ensureDatasource({ name: 'glyphs', rootUrl });
    await world.engine.scanDatasource('1');
    expect(await importObjects({ format: 'yolo', file, folder: 'batch 1' })).toEqual({
      imported: 1,
      kept: 0,
      unmatched: 0,
      unmatchedExamples: [],
    });
    expect(await written()).toEqual({
      'batch 1/images/a.png': { sizePx, objects: [box('dog', 10, 5, 20, 10)] },
    });
  });

  test('of a class that the loop does not have, or of a file that is cut off, are final and write nothing', async () => {
    const [first, second, ...rest] = coco.annotations;
    const horse = { ...coco, annotations: [first, { ...second, category_id: 4 }, ...rest] };
    await expect(importObjects({ format: 'coco', file: await cocoFile(horse) })).rejects.toMatchObject({
      nonRetryable: true,
      message: expect.stringMatching(/coco\.json: the annotation of "07\.png" names the class "horse"/),
    });
    const file = await cocoFile();
    await writeFile(file, JSON.stringify(coco).slice(0, -40));
    await expect(importObjects({ format: 'coco', file })).rejects.toMatchObject({
      nonRetryable: true,
      message: expect.stringMatching(/is cut off: .* behind annotations\[2\]/),
    });
    expect(world.written).toBe(0);
  });
});
