import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createProgram } from '../../bin/create-program.ts';
import { writeNpy } from '../../core/formats/npy.ts';
import { select, type Selection } from '../../core/selection/select.ts';
import { embeddedPool } from '../support/embedded-pool.ts';

const pool = embeddedPool(80);
let folder: string;
let printed: string[];
let told: string[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'labelloop-select-'));
  await writeFile(at('scores.npy'), writeNpy({ shape: [80], data: pool.informativeness }));
  await writeFile(at('emb.npy'), writeNpy({ shape: [80, 6], data: pool.embeddings.values }));
  await writeFile(at('probs.npy'), writeNpy({ shape: [80, 4], data: pool.probabilities.values }));
  await writeFile(at('ids.txt'), `${pool.ids.join('\n')}\n`);
  await writeFile(at('labelled.json'), JSON.stringify([pool.ids[4], pool.ids[40]]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  [printed, told] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
});
afterEach(() => jest.restoreAllMocks());

function at(name: string): string {
  return path.join(folder, name);
}

async function run(...flags: string[]): Promise<void> {
  const argv = ['select', ...flags.map((flag) => (/\.[a-z]+$/.test(flag) ? at(flag) : flag))];
  await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
}

const files = ['--scores', 'scores.npy', '--embeddings', 'emb.npy', '--ids', 'ids.txt'];

test('chooses what the core chooses, and writes the ids', async () => {
  await run(
    ...files,
    '--labelled',
    'labelled.json',
    '--strategy',
    'two-stage',
    '--size',
    '9',
    '--seed',
    '7',
    '--out',
    'out.json',
  );
  const { ids, informativeness, embeddings } = pool;
  const expected = select(
    { ids, informativeness, embeddings, labelled: [4, 40] },
    { strategy: 'two-stage', size: 9, seed: '7' },
  );
  expect(JSON.parse(await readFile(at('out.json'), 'utf8'))).toEqual(expected.chosen.map(({ id }) => id));
  expect(printed).toEqual([]);
  expect(told).toEqual(['Chose 9 of 78 by two-stage.']);
});

test('every option reaches the core', async () => {
  const flags = [
    ...[
      '--probabilities',
      'probs.npy',
      '--exclude',
      'labelled.json',
      '--strategy',
      'product',
      '--size',
      '20',
    ],
    ...['--random-share', '0.2', '--min-score', '0.3', '--near-duplicates', '0.99', '--balance-classes'],
    ...['--score-strength', '2', '--distance-strength', '0.5', '--json'],
  ];
  await run(...files, ...flags);
  const expected = select(
    { ...pool, excluded: [4, 40] },
    {
      strategy: 'product',
      size: 20,
      seed: '1',
      randomShare: 0.2,
      minInformativeness: 0.3,
      nearDuplicates: 0.99,
      quotas: { weights: [1, 1, 1, 1], labels: [0, 0, 0, 0] },
      options: { strengths: { score: 2, distance: 0.5 } },
    },
  );
  expect(JSON.parse(printed[0]!) as Selection).toEqual(JSON.parse(JSON.stringify(expected)));
});

test('without ids the rows are numbered, and what is no number is named', async () => {
  const scores = pool.informativeness.slice();
  scores[3] = NaN;
  await writeFile(at('nan.npy'), writeNpy({ shape: [80], data: scores }));
  await run('--scores', 'nan.npy', '--size', '100');
  const rows = printed[0]!.split('\n').map(Number);
  expect(rows.sort((a, b) => a - b)).toEqual([...scores.keys()].filter((row) => row !== 3));
  expect(told[0]!.split('\n')).toEqual([
    'Chose 79 of 79 by top-k, which is all that could be chosen.',
    'Left out "3": its informativeness is NaN.',
  ]);
});

test('one of several score columns is named', async () => {
  await writeFile(
    at('scores.json'),
    JSON.stringify({
      columns: ['margin', 'bald'],
      values: [
        [0.1, 0.9],
        [0.8, 0.2],
      ],
    }),
  );
  await run('--scores', 'scores.json', '--score-column', 'bald', '--size', '1');
  expect(printed).toEqual(['0']);
  await expect(run('--scores', 'scores.json', '--size', '1')).rejects.toThrow(
    'scores.json has 2 columns; name one by --score-column: margin, bald.',
  );
});

test.each([
  [['--size', '3'], 'There is nothing to choose from'],
  [['--scores', 'probs.npy', '--embeddings', 'scores.npy', '--size', '3'], 'probs.npy has 4 columns'],
  [
    ['--embeddings', 'scores.npy', '--size', '3'],
    'scores.npy has the shape 80; rows and columns are needed.',
  ],
  [['--scores', 'none.npy', '--size', '3'], 'none.npy: there is no such file.'],
  [
    ['--scores', 'scores.npy', '--labelled', 'ids.txt', '--size', '3'],
    'ids.txt: there is no row "images/1-0.jpg".',
  ],
  [
    ['--scores', 'scores.npy', '--ids', 'labelled.json', '--size', '3'],
    'scores.npy has 80 rows; there are 2 ids.',
  ],
  [
    ['--scores', 'scores.npy', '--strategy', 'k-center', '--size', '3'],
    'The strategy k-center needs embeddings',
  ],
])('refuses %j', async (flags, message) => {
  await expect(run(...flags)).rejects.toThrow(message);
});
