import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importAnnotationsActivity } from '../../activities/import-annotations.ts';
import { resultOfBlob } from '../../core/annotation-blob.ts';
import { choiceOf } from '../../core/results.ts';
import { AnnotatedWorld, classes, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(12);
});
afterEach(() => world.remove());

type Format = 'csv' | 'label-studio';

async function importing(...files: readonly [Format, string][]) {
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
    message: 'importAnnotations: cannot read /nowhere/labels.csv on this worker (ENOENT).',
  });
});
