import { DomainError } from '../../../core/errors.ts';
import { FormatReport } from '../../../core/formats/format-report.ts';
import {
  openLabelStudio,
  readLabelStudioTasks,
  writeLabelStudioTasks,
} from '../../../core/formats/label-studio-tasks.ts';
import { allOfStream, bytesOf, eachOf } from '../../support/streams.ts';

const cat = [{ type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['cat'] } }];
const dog = [{ type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['dog'] } }];

function readText(text: string) {
  return allOfStream(readLabelStudioTasks(bytesOf(text), 'export.json'));
}
const read = (tasks: unknown) => readText(JSON.stringify(tasks));

test('finds the image by al_key, then path, then image', async () => {
  const annotations = [{ result: cat }];
  expect(
    await read([
      { data: { al_key: 'a', path: 'x', image: 'y' }, annotations },
      { data: { path: 'b', image: 'y' }, annotations },
      { data: { image: 'c' }, annotations },
    ]),
  ).toEqual([
    { path: 'a', result: cat, source: 'import/export.json#0' },
    { path: 'b', result: cat, source: 'import/export.json#1' },
    { path: 'c', result: cat, source: 'import/export.json#2' },
  ]);
});

test('takes the last answer that was not skipped, and passes over tasks without one', async () => {
  expect(
    await read([
      {
        data: { image: 'a' },
        annotations: [{ result: cat }, { result: dog }, { result: [], was_cancelled: true }],
      },
      { data: { image: 'b' }, annotations: [{ result: [], was_cancelled: true }] },
      { data: { image: 'c' } },
    ]),
  ).toEqual([{ path: 'a', result: dog, source: 'import/export.json#0' }]);
});

test.each([
  ['{', 'export.json is cut off: the JSON does not end after 1 bytes, behind its start.'],
  ['[}', 'export.json is no JSON behind its start'],
  ['{"tasks": []}', 'export.json: the document is no list.'],
  ['[{"annotations": []}]', 'export.json is no Label Studio export: 0.data'],
  [
    JSON.stringify([{ data: { text: 'x' }, annotations: [{ result: cat }] }]),
    'export.json: task 0 has no data.al_key',
  ],
])('refuses %s, naming file and place', async (text, message) => {
  await expect(readText(text)).rejects.toThrow(DomainError);
  await expect(readText(text)).rejects.toThrow(message);
});

test('images with objects come back as they were written', async () => {
  const images = [
    {
      path: 'a.png',
      width: 200,
      height: 100,
      objects: [{ label: 'cat', shape: { kind: 'box' as const, boxPx: [20, 10, 50, 25] as const } }],
    },
    {
      path: 'b.png',
      width: 50,
      height: 50,
      objects: [{ label: 'dog', shape: { kind: 'polygon' as const, ringsPx: [[1, 1, 9, 1, 5, 8]] } }],
    },
  ];
  const text = (await allOfStream(writeLabelStudioTasks(eachOf(images)))).join('');
  const report = new FormatReport();
  const { classes, images: read } = await openLabelStudio(() => bytesOf(text, 50), 'export.json');
  expect(classes).toEqual(['cat', 'dog']);
  expect(await allOfStream(read(report))).toEqual(images);
  expect(report).toMatchObject({ images: 2, objects: 2, skipped: 0, clipped: 0 });
  expect(await allOfStream(writeLabelStudioTasks(eachOf([])))).toEqual(['[]\n']);
});

test('an export with a faulty item gives nothing, not even the tasks before it', async () => {
  const good = {
    type: 'rectanglelabels',
    original_width: 10,
    original_height: 10,
    value: { x: 0, y: 0, width: 50, height: 50, rectanglelabels: ['cat'] },
  };
  const bad = { ...good, value: { ...good.value, x: 'left' } };
  const tasks = [good, bad].map((item, index) => ({
    data: { image: `${index}.png` },
    annotations: [{ result: [item] }],
  }));
  const opening = openLabelStudio(() => bytesOf(JSON.stringify(tasks)), 'export.json');
  await expect(opening).rejects.toThrow('export.json#1: result[0]: x: ');
});
