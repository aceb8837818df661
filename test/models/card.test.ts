import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../core/errors.ts';
import { readModelFolder } from '../../models/card.ts';
import { modelFolder } from './model-folder.ts';

let dir: string;
beforeEach(async () => {
  ({ dir } = await modelFolder(Buffer.from('a model'), ['a', 'b'], {}));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('a folder whose card belongs to its model is read', async () => {
  const { modelFile, card } = await readModelFolder(dir);
  expect(await readFile(modelFile, 'utf8')).toBe('a model');
  expect(card.classes).toEqual(['a', 'b']);
});

test.each<[string, (dir: string) => Promise<void>, RegExp]>([
  ['no card', (dir) => rm(join(dir, 'model.json')), /model\.json: cannot be read \(ENOENT\)/],
  ['no model', (dir) => rm(join(dir, 'model.onnx')), /model\.onnx: cannot be read \(ENOENT\)/],
  ['a card that is no JSON', (dir) => writeFile(join(dir, 'model.json'), '{'), /model\.json: is no JSON/],
  [
    'a card of another schema',
    (dir) => change(dir, { schema: 'al-model/2' }),
    /is no al-model\/1 card, at schema/,
  ],
  ['a card without classes', (dir) => change(dir, { classes: [] }), /at classes/],
  [
    'another model',
    (dir) => writeFile(join(dir, 'model.onnx'), 'other'),
    /its SHA-256 is .*, but its card says/,
  ],
])('%s is a DomainError that names the file', async (_, spoil, message) => {
  await spoil(dir);
  const error: unknown = await readModelFolder(dir).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DomainError);
  expect((error as Error).message).toMatch(message);
});

async function change(dir: string, fields: Record<string, unknown>): Promise<void> {
  const file = join(dir, 'model.json');
  const card = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...card, ...fields }));
}
