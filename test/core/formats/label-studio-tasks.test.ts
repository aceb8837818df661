import { DomainError } from '../../../core/errors.ts';
import { readLabelStudioTasks } from '../../../core/formats/label-studio-tasks.ts';

const cat = [{ type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['cat'] } }];
const dog = [{ type: 'choices', from_name: 'choice', to_name: 'image', value: { choices: ['dog'] } }];

function read(tasks: unknown) {
  return readLabelStudioTasks(JSON.stringify(tasks), 'export.json');
}

test('finds the image by al_key, then path, then image', () => {
  const annotations = [{ result: cat }];
  expect(
    read([
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

test('takes the last answer that was not skipped, and passes over tasks without one', () => {
  expect(
    read([
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
  ['{', 'export.json is no JSON'],
  ['{"tasks": []}', 'export.json is no Label Studio export'],
  ['[{"annotations": []}]', 'export.json is no Label Studio export: 0.data'],
  [
    JSON.stringify([{ data: { text: 'x' }, annotations: [{ result: cat }] }]),
    'export.json: task 0 has no data.al_key',
  ],
])('refuses %s, naming file and place', (text, message) => {
  expect(() => readLabelStudioTasks(text, 'export.json')).toThrow(DomainError);
  expect(() => readLabelStudioTasks(text, 'export.json')).toThrow(message);
});
