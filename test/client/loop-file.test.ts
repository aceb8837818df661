import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseLoopFile, readLoopFile } from '../../client/loop-file.ts';
import { scoreRule, strategyOf } from '../../core/loop-spec.ts';
import { defaultNear } from '../../core/scores/near-threshold.ts';
import { holdOutImages } from '../../core/hold-out-size.ts';
import { loopSpecSchema } from '../../core/loop-spec.ts';

const example = `${__dirname}/../../examples/loop.yaml`;

const good = [
  'loop: teeth',
  'repo: team/images',
  'datasource:',
  '  path: s3://teeth/data',
  'task: classification',
  'classes: [a, b]',
];

/** The good file with other lines in it; a line replaces the good one with the same key. */
function fileWith(...lines: string[]): string {
  const keyOf = (line: string) => line.split(':')[0];
  const replaced = new Set(lines.map(keyOf));
  return [...good.filter((line) => !replaced.has(keyOf(line))), ...lines].join('\n');
}

function mistakesIn(text: string): string[] {
  try {
    parseLoopFile(text, 'loop.yaml');
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: 'CommandError', exitCode: 2 });
    return (error as Error).message.split('\n');
  }
}

test('a short file gets all defaults', () => {
  expect(parseLoopFile(good.join('\n'), 'loop.yaml')).toEqual(
    loopSpecSchema.parse({
      loop: 'teeth',
      repo: 'team/images',
      datasource: { path: 's3://teeth/data' },
      task: 'classification',
      classes: ['a', 'b'],
    }),
  );
});

test.each([
  [
    'loop: My Loop',
    'loop.yaml:6: loop: is "My Loop"; a valid one is 3 to 30 lower-case letters, digits and dashes',
  ],
  ['repo: images', 'loop.yaml:6: repo: is "images"; a valid one is owner/name'],
  [
    'task: keypoints',
    'loop.yaml:6: task: is "keypoints"; allowed: one of classification, detection, segment',
  ],
  ['seed: 1.5', 'loop.yaml:7: seed: is the number 1.5; allowed: a whole number from 0 to 2147483647'],
  [
    'sead: 1',
    'loop.yaml:7: sead: is no key of ours; did you mean "seed"? allowed here: loop, repo, datasource, task,',
  ],
  ['classes: [7, b]', 'loop.yaml:6: classes[0]: is the number 7, and must be text; write it in quotes: "7"'],
  ['classes: [a, a]', 'loop.yaml:6: classes: names a class twice'],
  ['classes: [a]', 'loop.yaml:6: classes: names one class; a classification needs two'],
  ['stop:', 'loop.yaml:7: stop: is empty; give the keys when, metric, plateau,'],
  ['stop: 3', 'loop.yaml:7: stop: is the number 3; allowed: the keys when, metric, plateau,'],
  ['stop: {cycles: 0}', 'loop.yaml:7: stop.cycles: is the number 0; allowed: a whole number from 1'],
  ['splits: {train: 1, valid: 1}', 'loop.yaml:7: splits.test: is missing; needed: a number above 0'],
  [
    'splits: {train: 6, valid: 3, test: 1, by: {path: "^[^/]+/"}}',
    'loop.yaml:7: splits.by.path: is no regular expression with a group in parentheses, such as ^([^/]+)/',
  ],
  [
    'training: {trainer: true}',
    'loop.yaml:7: training.trainer: is true; allowed: built-in or a list of text, at least 1',
  ],
  [
    'inference: {shardImages: 60000}',
    'loop.yaml:7: inference.shardImages: is the number 60000; allowed: a whole number from 1 to 50000',
  ],
  [
    'selection: {score: margn}',
    'loop.yaml:7: selection.score: is "margn"; did you mean "margin"? allowed: one of margin, ',
  ],
  [
    'importAnnotations: [{format: voc, file: a}]',
    'loop.yaml:7: importAnnotations[0].format: is "voc"; allowed: one of label-studio, csv, coco, yolo',
  ],
  [
    'importAnnotations: [{format: csv, file: a}, {format: coco, file: b}]',
    'loop.yaml:7: importAnnotations[1].format: is coco, which holds objects; the task is classification',
  ],
  [
    'importAnnotations: [{format: csv, file: a, folder: /b}]',
    'loop.yaml:7: importAnnotations[0].folder: is "/b"; a valid one is a folder without a slash at its ends',
  ],
  ['review: {labelConfig: "<View/>"}', 'loop.yaml:7: review.labelConfig: '],
  [
    'review: {labelConfig: "<View/>", copyFrom: Teeth of 2025}',
    'loop.yaml:7: review.copyFrom: names a project to copy, and labelConfig is given too; give one of them',
  ],
  [
    'review: {projects: loop, skipped: ask-again}',
    'loop.yaml:7: review.skipped: is ask-again, which puts an image into the next project; with projects: loop there is one',
  ],
  [
    'review: {adjudicator: ada@example.com}',
    'loop.yaml:7: review.adjudicator: decides where several people answer: give overlap, too',
  ],
  ['loop: digits', 'loop.yaml:7: Map keys must be unique', `${good.join('\n')}\nloop: digits`],
  [
    'a tab',
    'loop.yaml:4: Tabs are not allowed as indentation',
    'loop: teeth\nrepo: a/b\ndatasource:\n\tpath: s3://x',
  ],
])('%s is refused with its line', (line, mistake, text = fileWith(line)) => {
  expect(mistakesIn(text).map((one) => one.slice(0, mistake.length))).toContain(mistake);
});

test('an empty file, a list and a sentence are no loop', () => {
  expect(mistakesIn('')).toEqual([
    expect.stringMatching(/^loop\.yaml:1: is empty; give the keys loop, repo, /),
  ]);
  expect(mistakesIn('- a')).toEqual([
    expect.stringMatching(/^loop\.yaml:1: is a list of 1; allowed: the keys loop, /),
  ]);
  expect(mistakesIn('hello')).toEqual([
    expect.stringMatching(/^loop\.yaml:1: is "hello"; allowed: the keys loop, /),
  ]);
});

test('every mistake is told at once, in the order of the file', () => {
  const text = [
    'loop: X',
    'repo: y',
    'datasource:',
    '  path: /tmp',
    '  pth: z',
    'task: t',
    'stop:',
    '  cycles: none',
  ].join('\n');
  expect(mistakesIn(text).map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
    'loop.yaml:1: loop',
    'loop.yaml:1: classes',
    'loop.yaml:2: repo',
    'loop.yaml:4: datasource.path',
    'loop.yaml:5: datasource.pth',
    'loop.yaml:6: task',
    'loop.yaml:8: stop.cycles',
  ]);
});

test('a file that is not there, and a folder, are named', async () => {
  await expect(readLoopFile('no-such.yaml')).rejects.toThrow(
    'no-such.yaml: cannot be read: there is no such file.',
  );
  await expect(readLoopFile(__dirname)).rejects.toThrow('cannot be read: it is a folder.');
});

test('an alias bomb is refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]!},`.repeat(9)}]`),
  ];
  expect(mistakesIn(bomb.join('\n'))).toEqual([expect.stringContaining('Excessive alias count')]);
});

test('the example is a valid loop that names every key', async () => {
  await expect(readLoopFile(example)).resolves.toMatchObject({ loop: 'tooth-caries' });
  const text = await readFile(example, 'utf8');
  // Each stands for another key of the example, which cannot hold both.
  expect(text).toMatch(/^ +# copyFrom: /m);
  const either = ['review.copyFrom', 'holdOut.images', 'selection.boxes.mask'];
  expect([...keyPaths(parse(text)), ...either]).toEqual(expect.arrayContaining(schemaPaths()));
});

test('the defaults in the example are the real ones', async () => {
  const written = await readLoopFile(example);
  const { loop, repo, task, classes } = written;
  const plain = loopSpecSchema.parse({
    loop,
    repo,
    task,
    classes,
    datasource: { path: written.datasource.path },
  });
  const { datasource, holdOut, review, selection, splits, stop, training } = written;
  const noDefault = {
    importAnnotations: [],
    datasource: {},
    holdOut: {},
    review: {},
    selection: {},
    splits: {},
    stop: {},
  };
  const byTask = { training: { ...training, warmStart: undefined, backbone: undefined } };
  expect({ ...written, ...noDefault, ...byTask }).toEqual({ ...plain, ...noDefault });
  expect(datasource.name).toBe(loop);
  expect({ ...splits, by: undefined }).toEqual({ ...plain.splits, by: undefined });
  const boxes = { ...plain.selection.boxes, ...scoreRule(plain).boxes, near: defaultNear };
  // What it shows of strategies that compare images has no default.
  const { options, nearDuplicates, quotas, exclude, costs, secondOpinions, ...usual } = selection;
  expect([options, nearDuplicates, quotas, exclude, costs]).not.toContain(undefined);
  expect(secondOpinions).toBe(plain.selection.secondOpinions ?? false);
  expect(usual).toEqual({ ...plain.selection, boxes, strategy: strategyOf(plain) });
  const { overlap, adjudicator, blindShare, cost } = review;
  expect([adjudicator, blindShare, cost]).not.toContain(undefined);
  expect(overlap).toEqual(
    loopSpecSchema.shape.review.parse({ overlap: { share: overlap?.share ?? 0 } }).overlap,
  );
  expect(review).toEqual({
    ...plain.review,
    projects: 'cycle',
    labelConfig: review.labelConfig,
    deadlineHours: 336,
    doneTasks: 80,
    remindAfterHours: 24,
    rest: 'keep',
    skipped: 'leave',
    overlap,
    adjudicator,
    blindShare,
    cost,
  });
  expect(stop.cycles).toBe(plain.stop.cycles);
  expect(holdOutImages(holdOut, 1e6)).toBe(holdOutImages(plain.holdOut, 1e6));
});

/** The example names the other one of the two. */
function keyPaths(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...keyPaths(child, `${prefix}${key}.`),
  ]);
}

/** From the JSON schema that zod makes of ours: another reading of the schema than the program's. */
function schemaPaths(): string[] {
  interface Node {
    properties?: Record<string, Node>;
  }
  const walk = (node: Node, prefix: string): string[] =>
    Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
      `${prefix}${key}`,
      ...walk(child, `${prefix}${key}.`),
    ]);
  return walk(z.toJSONSchema(loopSpecSchema, { io: 'input' }) as Node, '');
}
