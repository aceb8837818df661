import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArray } from '../../bin/arrays/read-array.ts';
import { writeArray } from '../../bin/arrays/write-array.ts';
import { createProgram } from '../../bin/create-program.ts';
import { marginScores } from '../../core/scores/margin.ts';

let folder: string;
let printed: string[];
let complained: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-score-'));
  [printed, complained] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void complained.push(line));
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.exitCode = 0;
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
async function score(...argv: string[]): Promise<void> {
  await (await createProgram(['score', ...argv])).parseAsync(['score', ...argv], { from: 'user' });
}
const rows = [
  [0.5, 0.3, 0.2],
  [0.7, 0.2, 0.1],
];

test('scores a .npy file into another', async () => {
  await writeArray(at('probs.npy'), { shape: [2, 3], data: new Float64Array(rows.flat()) });
  await score(at('probs.npy'), '--method', 'margin', '--out', at('scores.npy'));
  expect(await readArray(at('scores.npy'))).toEqual({
    shape: [2],
    data: new Float64Array(marginScores(rows)),
  });
  expect(printed).toEqual([`Wrote ${at('scores.npy')}: 2 of 2 rows have a score by margin.`]);
});

test('keeps the ids, and names the columns, from CSV to CSV', async () => {
  await writeFile(at('probs.csv'), 'path,cat,dog\na.png,0.75,0.25\nb.png,0.5,0.5\n');
  await score(at('probs.csv'), '--method', 'margin,least-confidence', '--out', at('scores.csv'));
  expect(await readFile(at('scores.csv'), 'utf8')).toBe(
    'id,margin,least-confidence\na.png,0.5,0.25\nb.png,1,0.5\n',
  );
});

test('lists rows without a score, writes nothing and ends with 1', async () => {
  await writeFile(
    at('probs.json'),
    '{"ids": ["a", "b", "c"], "values": [[0.5, 0.5], [null, 0.5], [0.5, 0.4]]}',
  );
  await score(at('probs.json'), '--method', 'margin', '--out', at('scores.json'));
  expect(process.exitCode).toBe(1);
  expect(complained).toEqual([
    'row 1 (b) holds NaN, which is no probability (0..1)',
    'row 2 (c) sums to 0.9000; probabilities sum to 1 ± 0.001',
  ]);
  expect(printed).toEqual([
    '1 of 3 rows have a score by margin; nothing is written. --skip-bad writes NaN for the others.',
  ]);
  await expect(readFile(at('scores.json'))).rejects.toThrow('ENOENT');
});

test('--skip-bad lists them too, and writes what there is', async () => {
  await writeFile(at('probs.json'), '[[0.5, 0.5], [0.5, 0.4]]');
  await score(at('probs.json'), '--method', 'margin', '--out', at('scores.json'), '--skip-bad', '--json');
  expect(process.exitCode ?? 0).toBe(0);
  expect(await readFile(at('scores.json'), 'utf8')).toBe('{"columns":["margin"],"values":[1,null]}\n');
  expect(JSON.parse(printed[0]!)).toEqual({
    out: at('scores.json'),
    rows: 2,
    methods: ['margin'],
    quarantined: [{ row: 1, id: null, reason: 'sums to 0.9000; probabilities sum to 1 ± 0.001' }],
  });
});

test('--fast gives the same margins, and lists the same rows', async () => {
  const data = new Float32Array([...rows.flat(), NaN, 0, 1]);
  await writeArray(at('probs.npy'), { shape: [3, 3], data });
  const flags = ['--method', 'margin,entropy', '--skip-bad'];
  await score(at('probs.npy'), ...flags, '--out', at('exact.arrow'));
  await score(at('probs.npy'), ...flags, '--out', at('fast.arrow'), '--fast');
  const [exact, fast] = [await readArray(at('exact.arrow')), await readArray(at('fast.arrow'))];
  expect({ ...fast, data: null }).toEqual({ ...exact, data: null });
  const close = [...exact.data].map((value): unknown =>
    Number.isNaN(value) ? NaN : expect.closeTo(value, 6),
  );
  expect([...fast.data]).toEqual(close);
  expect(complained[0]).toBe(complained[1]);
});

test.each([
  [
    ['--method', 'bald'],
    'probs.npy: The score bald needs [draws, rows, classes]; an array of [2, 3] holds probabilities.',
  ],
  [['--method', 'margin', '--out', 'scores.txt'], 'scores.txt: its ending is none of .npy'],
  [
    ['--method', 'margin', '--fast'],
    'probs.npy: The fast way takes float32 [rows, classes]; this is [2, 3] of float64.',
  ],
])('%j is refused in a sentence', async (flags, message) => {
  await writeArray(at('probs.npy'), { shape: [2, 3], data: new Float64Array(rows.flat()) });
  await expect(score(at('probs.npy'), ...flags)).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining(message),
  });
});
