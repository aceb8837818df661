import { DomainError } from '../../../core/errors.ts';
import { readClassCsv } from '../../../core/formats/class-csv.ts';

test('reads path and label, with or without heading, and names the line each came from', () => {
  const rows = [
    { path: 'a.png', label: 'cat', source: 'import/labels.csv:1' },
    { path: 'dir/b, c.png', label: 'dog', source: 'import/labels.csv:2' },
  ];
  expect(readClassCsv('a.png,cat\ndir/b, c.png,dog\n', 'labels.csv')).toEqual(rows);
  expect(readClassCsv('\uFEFFpath,label\r\n\r\na.png, cat \r\n', 'labels.csv')).toEqual([
    { path: 'a.png', label: 'cat', source: 'import/labels.csv:3' },
  ]);
  expect(readClassCsv('', 'labels.csv')).toEqual([]);
});

test.each([
  ['a.png', 'labels.csv:1: "a.png" is not "path,label".'],
  ['a.png,cat\n,cat', 'labels.csv:2: ",cat" is not "path,label".'],
  ['a.png,cat\nb.png,', 'labels.csv:2: "b.png," is not "path,label".'],
])('refuses %j with file and line', (text, message) => {
  expect(() => readClassCsv(text, 'labels.csv')).toThrow(DomainError);
  expect(() => readClassCsv(text, 'labels.csv')).toThrow(message);
});

test('a source fits into a field of the Data Engine', () => {
  const [row] = readClassCsv('a.png,cat', 'd/'.repeat(400));
  expect(row?.source.length).toBeLessThanOrEqual(512);
});
