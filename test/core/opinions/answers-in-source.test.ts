import { answersInSource } from '../../../core/opinions/answers-in-source.ts';

test.each([
  ['12/34@2026-11-25T10:00:00+00:00', [[12, 34, '2026-11-25T10:00:00+00:00']]],
  [
    '12/34@2026-11-25T10:00:00Z,33@2026-11-25T09:00:00Z',
    [
      [12, 34, '2026-11-25T10:00:00Z'],
      [12, 33, '2026-11-25T09:00:00Z'],
    ],
  ],
  ['import/labels.csv', []],
  ['import/12/34@now', []],
  ['', []],
])('the annotations of "%s"', (source, expected) => {
  const found = answersInSource(source);
  expect(found.map(({ projectId, id, updatedAt }) => [projectId, id, updatedAt])).toEqual(expected);
});
