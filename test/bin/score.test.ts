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

test('--method least-cost goes by a file of costs', async () => {
  await writeFile(at('probs.csv'), 'path,sound,caries\na.png,0.8,0.2\n');
  // A caries that is called sound costs 10: to answer sound costs 2, to answer caries 0.8.
  await writeFile(at('costs.csv'), 'id,sound,caries\nsound,0,1\ncaries,10,0\n');
  const files = ['--costs', at('costs.csv'), '--out', at('scores.csv')];
  await score(at('probs.csv'), '--method', 'least-cost,cost-margin', ...files);
  const [, row = ''] = (await readFile(at('scores.csv'), 'utf8')).split('\n');
  const [, cost, margin] = row.split(',').map(Number);
  expect([cost, margin]).toEqual([expect.closeTo(0.8, 12), expect.closeTo(-1.2, 12)]);
});

test('--method active-lab puts what people answered and what nobody did on one scale', async () => {
  await writeFile(at('probs.csv'), 'path,cat,dog\na.png,0.7,0.3\nb.png,0.7,0.3\nc.png,0.7,0.2\n');
  await writeFile(at('answers.csv'), 'id,annotator,label\nb.png,ada,dog\nb.png,ada,cat\n');
  const files = ['--answers', at('answers.csv'), '--out', at('scores.csv'), '--skip-bad'];
  await score(at('probs.csv'), '--method', 'active-lab', ...files);
  const [head, ...lines] = (await readFile(at('scores.csv'), 'utf8')).trim().split('\n');
  const scores = Object.fromEntries(lines.map((line) => line.split(',') as [string, string]));
  expect(head).toBe('id,active-lab');
  // Nobody: 1 − (0.7 + 1/2)/2. Ada says cat, as her later line has it: 1 − (0.7 · 2 + 1/2)/3.
  expect(Number(scores['a.png'])).toBeCloseTo(0.4, 12);
  expect(Number(scores['b.png'])).toBeCloseTo(1 - 1.9 / 3, 12);
  expect(scores['c.png']).toBe('');
});

test("--method model-disagreement holds two models' objects against each other", async () => {
  const coco = (boxes: Record<number, number[]>) => ({
    images: [1, 2].map((id) => ({ id, file_name: `${id}.png`, width: 100, height: 100 })),
    categories: [{ id: 1, name: 'cat' }],
    annotations: Object.entries(boxes).map(([id, bbox]) => ({
      id: Number(id),
      image_id: Number(id),
      category_id: 1,
      bbox,
      score: 0.5,
    })),
  });
  await writeFile(at('one.json'), JSON.stringify(coco({ 1: [0, 0, 10, 10], 2: [0, 0, 10, 10] })));
  await writeFile(at('two.json'), JSON.stringify(coco({ 1: [0, 0, 10, 10], 2: [0, 0, 10, 5] })));
  const files = ['--against', at('two.json'), '--out', at('scores.csv')];
  await score(at('one.json'), '--method', 'model-disagreement', ...files);
  expect(await readFile(at('scores.csv'), 'utf8')).toBe('id,model-disagreement\n1.png,0\n2.png,0.5\n');
  const less = coco({ 2: [0, 0, 10, 10] });
  await writeFile(at('less.json'), JSON.stringify({ ...less, images: less.images.slice(1) }));
  await expect(
    score(at('one.json'), '--method', 'model-disagreement', '--against', at('less.json')),
  ).rejects.toThrow(`${at('less.json')} has no image "1.png"; name every image in both files`);
});

test.each([
  ['id,label\n0,1\n', 'answers.csv: its first line names no column "annotator".'],
  ['id,annotator,label\n7,ada,1\n', 'answers.csv, line 2: there is no row "7" among the probabilities.'],
  ['id,annotator,label\n0,ada,1\n1,ada,cow\n', 'answers.csv, line 3: "cow" is none of the classes 0, 1, 2.'],
  ['id,annotator,label\n0,,1\n', 'answers.csv, line 2: who answered is missing.'],
])('answers of %j are refused in a sentence', async (text, message) => {
  await writeArray(at('probs.npy'), { shape: [2, 3], data: new Float64Array(rows.flat()) });
  await writeFile(at('answers.csv'), text);
  await expect(
    score(at('probs.npy'), '--method', 'active-lab', '--answers', at('answers.csv')),
  ).rejects.toMatchObject({ name: 'UsageError', message: expect.stringContaining(message) });
});

test('costs of other classes are refused, naming their file', async () => {
  await writeArray(at('probs.npy'), { shape: [2, 3], data: new Float64Array(rows.flat()) });
  await writeFile(at('costs.json'), '[[0, 1], [1, 0]]');
  await expect(score(at('probs.npy'), '--method', 'least-cost', '--costs', at('costs.json'))).rejects.toThrow(
    `${at('costs.json')}: The costs have 2 rows; 3 classes need 3.`,
  );
});

test('--method mask-iou-doubt takes predicted IoUs', async () => {
  await writeFile(at('ious.json'), '[0.75, 1.5]');
  await score(at('ious.json'), '--method', 'mask-iou-doubt', '--skip-bad', '--out', at('scores.json'));
  expect(await readFile(at('scores.json'), 'utf8')).toBe(
    '{"columns":["mask-iou-doubt"],"values":[0.25,null]}\n',
  );
  expect(complained).toEqual(['row 1 holds the predicted mask IoU 1.5, which must be in 0..1']);
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
  [['--method', 'least-cost'], '--method least-cost needs --costs, a file of [classes, classes].'],
  [['--method', 'margin', '--costs', 'costs.npy'], '--costs is for --method least-cost and cost-margin.'],
  [
    ['--method', 'margin,active-lab'],
    '--method active-lab goes by other files than the rest; ask for it alone.',
  ],
  [['--method', 'model-disagreement'], '--method model-disagreement needs --against'],
  [['--method', 'active-lab', '--answers', 'none.csv'], 'none.csv: ENOENT'],
])('%j is refused in a sentence', async (flags, message) => {
  await writeArray(at('probs.npy'), { shape: [2, 3], data: new Float64Array(rows.flat()) });
  await expect(score(at('probs.npy'), ...flags)).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringContaining(message),
  });
});
