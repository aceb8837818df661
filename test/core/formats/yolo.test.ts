import { DomainError } from '../../../core/errors.ts';
import { FormatReport } from '../../../core/formats/format-report.ts';
import { readYoloDataset, writeYoloDataset } from '../../../core/formats/yolo-dataset.ts';
import { readYoloLabels, writeYoloLabels } from '../../../core/formats/yolo-labels.ts';

const names = ['cat', 'dog'];
function read(text: string) {
  const report = new FormatReport();
  return { objects: readYoloLabels(text, { file: 'a.txt', names, width: 200, height: 100, report }), report };
}

test('boxes and polygons, with and without confidence', () => {
  const { objects } = read(
    '0 0.5 0.5 0.25 0.5\n1 .5 .5 .25 .5 0.9\r\n\n1 0 0 0.5 0 0.5 1\n0 0 0 0.5 0 0.5 1 0.125\n',
  );
  expect(objects).toEqual([
    { label: 'cat', shape: { kind: 'box', boxPx: [75, 25, 50, 50] } },
    { label: 'dog', shape: { kind: 'box', boxPx: [75, 25, 50, 50] }, score: 0.9 },
    { label: 'dog', shape: { kind: 'polygon', ringsPx: [[0, 0, 100, 0, 100, 100]] } },
    { label: 'cat', shape: { kind: 'polygon', ringsPx: [[0, 0, 100, 0, 100, 100]] }, score: 0.125 },
  ]);
});

test.each([
  ['0 0.5 0.5 -0.1 0.5', 'a.txt:1: its width is'],
  ['0 0.5 nan 0.1 0.5', 'a.txt:1: a number of its box is not finite'],
  ['0 2 2 0.5 0.5', 'a.txt:1: it lies outside of its image of 200 × 100 pixels'],
  ['0 0 0 0.5 0.5 1 1', 'a.txt:1: its area is 0'],
])('leaves out "%s" and says where', (line, message) => {
  const { objects, report } = read(`${line}\n1 0.5 0.5 1 1\n`);
  expect(objects).toHaveLength(1);
  expect(report.examples[0]).toContain(message);
});

test.each([
  ['1 0.5 0.5', 'a.txt:2: 2 numbers behind the class are neither a box nor a polygon.'],
  ['2 0.5 0.5 1 1', 'a.txt:2: the class 2 is none of 0 to 1.'],
  ['1.5 0.5 0.5 1 1', 'a.txt:2: the class 1.5 is none of 0 to 1.'],
  ['cat 0.5 0.5 1 1', 'a.txt:2: "cat" is no number.'],
])('refuses "%s" by file and line', (line, message) => {
  expect(() => read(`0 0.5 0.5 1 1\n${line}`)).toThrow(DomainError);
  expect(() => read(`0 0.5 0.5 1 1\n${line}`)).toThrow(message);
});

const image = {
  path: 'a.png',
  width: 200,
  height: 100,
  objects: [
    { label: 'dog', shape: { kind: 'box' as const, boxPx: [75, 25, 50, 50] as const } },
    { label: 'cat', shape: { kind: 'polygon' as const, ringsPx: [[0, 0, 100, 0, 100, 100]] } },
  ],
};

test('writes boxes of everything to detect, polygons of everything to segment', () => {
  expect(writeYoloLabels(image, { classes: names, task: 'detect' })).toBe(
    '1 0.5 0.5 0.25 0.5\n0 0.25 0.5 0.5 1\n',
  );
  expect(writeYoloLabels(image, { classes: names, task: 'segment' })).toBe(
    '1 0.375 0.25 0.625 0.25 0.625 0.75 0.375 0.75\n0 0 0 0.5 0 0.5 1\n',
  );
});

test('a dataset file with a list or a map of names; splits of one or more folders', () => {
  const dataset = { path: '/data', splits: { train: ['images/train'], val: ['a', 'b'] }, names };
  expect(
    readYoloDataset('path: /data\ntrain: images/train\nval: [a, b]\nnames: [cat, dog]', 'd.yaml'),
  ).toEqual(dataset);
  expect(readYoloDataset(writeYoloDataset(dataset), 'd.yaml')).toEqual(dataset);
});

test.each([
  ['names: [cat', 'd.yaml is no YAML'],
  ['train: x', 'd.yaml is no YOLO dataset: names'],
  ['names: {0: cat, 2: dog}', 'd.yaml: names: the class 1 is missing'],
])('refuses the dataset file %j', (text, message) => {
  expect(() => readYoloDataset(text, 'd.yaml')).toThrow(message);
});
