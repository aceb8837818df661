import {
  batchRule,
  datasourceName,
  loopSpecSchema,
  loopWorkflowId,
  startsWarm,
} from '../../core/loop-spec.ts';
import { loopSpec } from '../support/loop-specs.ts';

const least = {
  loop: 'glyphs',
  repo: 'team/images',
  datasource: { path: 's3://bucket/images' },
  task: 'classification',
  classes: ['cat', 'dog'],
};

test('five keys are enough; the rest has the documented defaults', () => {
  expect(loopSpecSchema.parse(least)).toEqual({
    ...least,
    seed: 1,
    splits: { train: 0.6, valid: 0.3, test: 0.1 },
    holdOut: {},
    validation: { images: 100 },
    importAnnotations: [],
    training: {
      trainer: 'built-in',
      queue: 'train',
      input: { width: 32, height: 32, channels: 3 },
      maxSeconds: 3600,
      params: {},
    },
    inference: { shardImages: 1000 },
    selection: {
      score: 'margin',
      boxes: { k: 3 },
      empty: { share: 0.1, order: 'random' },
      maxImages: 100,
      maxScore: 1,
      randomShare: 0.05,
      firstImages: 100,
    },
    review: { doneShare: 1, pollSeconds: 60, minReadSeconds: 5 },
    stop: { cycles: 10 },
  });
});

test('parsing what was parsed changes nothing', () => {
  const spec = loopSpecSchema.parse({ ...least, selection: { maxImages: 7 }, stop: { labels: 30 } });
  expect(loopSpecSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
});

test.each([
  ['an unknown key', { batch: 3 }],
  ['an unknown key inside', { selection: { max_images: 3 } }],
  ['a loop name with capitals', { loop: 'Glyphs' }],
  ['a class twice', { classes: ['cat', 'cat'] }],
  ['a single class', { classes: ['cat'] }],
  ['a path without scheme', { datasource: { path: '/data' } }],
  ['a share above 1', { selection: { randomShare: 1.5 } }],
  ['a hold-out of two sizes', { holdOut: { images: 385, error: 0.05 } }],
  ['a date that is none', { stop: { date: 'tomorrow' } }],
  ['half an image', { selection: { maxImages: 1.5 } }],
  ['a split without images', { splits: { train: 1, valid: 1, test: 0 } }],
  ['an unknown strategy', { selection: { strategy: 'best' } }],
  ['a score of classes for objects', { task: 'detection', selection: { score: 'bald' } }],
])('refuses %s', (_, change) => {
  expect(loopSpecSchema.safeParse({ ...least, ...change }).success).toBe(false);
});

test('the built-in trainer is refused for masks over an input that is no whole number of cells', () => {
  const spec = { ...least, task: 'segmentation' };
  const training = { input: { width: 100, height: 96, channels: 3 } };
  expect(loopSpecSchema.safeParse({ ...spec, training }).error?.issues).toMatchObject([
    {
      path: ['training', 'input'],
      message: 'is 100x96; built-in mixes masks for sides that are multiples of 8',
    },
  ]);
  const trainer = ['python3', 'train.py'];
  for (const other of [
    spec,
    { ...spec, training: { ...training, trainer } },
    { ...spec, task: 'detection', training },
  ])
    expect(loopSpecSchema.safeParse(other).success).toBe(true);
});

test.each([
  ['classification', undefined, false],
  ['detection', undefined, true],
  ['segmentation', undefined, true],
  ['classification', true, true],
  ['detection', false, false],
])('a training for %s with warmStart %s starts from the last model: %s', (task, warmStart, expected) => {
  const training = { trainer: ['python3', 'train.py'], ...(warmStart !== undefined && { warmStart }) };
  expect(startsWarm(loopSpecSchema.parse({ ...least, task, training }))).toBe(expected);
});

test('the longest loop name fits into every title that Label Studio takes', () => {
  const longest = 'x'.repeat(30);
  expect(loopSpecSchema.safeParse({ ...least, loop: longest }).success).toBe(true);
  expect(loopSpecSchema.safeParse({ ...least, loop: `${longest}x` }).success).toBe(false);
  for (const title of [`${longest} cycle 0 validation`, `${longest} cycle 9999 batch`])
    expect(title.length).toBeLessThanOrEqual(50);
});

test('a loop has one workflow id a repository and name, and owns a datasource of its name', () => {
  const spec = loopSpecSchema.parse(least);
  expect(loopWorkflowId(spec)).toBe('labelloop.team.images.glyphs');
  expect(datasourceName(spec)).toBe('glyphs');
  expect(
    datasourceName(loopSpecSchema.parse({ ...least, datasource: { ...least.datasource, name: 'own' } })),
  ).toBe('own');
});

test.each<[string, object, RegExp | null]>([
  ['a file', { backbone: { onnx: '/models/resnet.onnx' } }, null],
  ['a file of a run', { backbone: { onnx: 'runs:/1a2b/resnet.onnx', maxLabels: 9 } }, null],
  ['a registered model', { backbone: { onnx: 'models:/teeth@champion' } }, null],
  ['a file that is no ONNX', { backbone: { onnx: '/models/resnet.pt' } }, /backbone.*onnx.*ends in \.onnx/s],
  ['a model without a version', { backbone: { onnx: 'models:/teeth' } }, /models:\/NAME\/VERSION/],
  [
    'one for a trainer of the user',
    { trainer: ['python3', 'train.py'], backbone: { onnx: 'resnet.onnx' } },
    /takes its backbone by training\.params/,
  ],
])('a backbone may be named or not: %s', (_, training, reason) => {
  const { error } = loopSpecSchema.safeParse({ ...least, training });
  if (reason) expect(error?.message).toMatch(reason);
  else expect(error).toBeUndefined();
});

test('a selection is refused that the task or the classes do not allow', () => {
  const message = (selection: object, task = 'classification') =>
    loopSpecSchema
      .safeParse({ ...loopSpec(), task, selection })
      .error?.issues.map(({ path, message: text }) => `${path.join('.')} ${text}`);
  expect(message({ strategy: 'badge' }, 'detection')).toEqual([
    'selection.strategy is of classes alone; the task is detection',
  ]);
  expect(message({ quotas: { cat: 1 } }, 'detection')).toEqual([
    'selection.quotas is of the class of an image; the task is detection',
  ]);
  expect(message({ quotas: { cow: 1 } })).toEqual(['selection.quotas.cow is none of the classes']);
  expect(message({ score: 'least-cost' })).toEqual([
    'selection.costs is missing; least-cost goes by what wrong answers cost',
  ]);
  expect(message({ costs: { cow: { cat: 1 } } })).toEqual(['selection.costs.cow is none of the classes']);
  expect(message({ costs: { cat: { cow: 1 } } })).toEqual(['selection.costs.cat.cow is none of the classes']);
  expect(message({ costs: { cat: { cat: 1 } } })).toEqual([
    'selection.costs.cat.cat is 1; a right answer costs 0',
  ]);
  expect(message({ costs: { cat: { dog: 0 }, dog: { cat: 0 } } })).toEqual([
    'selection.costs lets every answer cost 0',
  ]);
  expect(message({ boxes: { mask: 'entropy' } }, 'detection')).toEqual([
    'selection.boxes.mask is of masks; the task is detection',
  ]);
  expect(message({ exclude: [{ path: '(' }] })?.join()).toContain('is no regular expression');
  expect(message({ strategy: 'two-stage', options: { beta: 5 }, nearDuplicates: 0.9 })).toBeUndefined();
});

test('the batch rule says what differs from the defaults, and no more', () => {
  const usual = { strategy: 'two-stage', maxImages: 7, maxScore: 1, randomShare: 0.05, emptyShare: 0.1 };
  expect(batchRule(loopSpec(), 7)).toEqual(usual);
  expect(batchRule(loopSpec({ task: 'detection' }), 7)).toEqual({ ...usual, strategy: 'top-k' });
  const quotas = { cat: 2 };
  expect(batchRule(loopSpec({ selection: { quotas, exclude: [{ path: 'x' }] } }), 7)).toEqual({
    ...usual,
    quotas,
    exclude: [{ path: 'x' }],
  });
});

test('second opinions are refused beside what they cannot live with, each in a sentence', () => {
  const message = (change: { task?: string; selection?: object; review?: object }) =>
    loopSpecSchema
      .safeParse({
        ...least,
        ...change,
        selection: { secondOpinions: true, ...change.selection },
        review: { projects: 'loop', ...change.review },
      })
      .error?.issues.map(({ path, message: text }) => `${path.join('.')} ${text}`);
  expect(message({})).toBeUndefined();
  expect(
    message({ selection: { strategy: 'top-k', randomShare: 0.2, exclude: [{ path: 'x' }] } }),
  ).toBeUndefined();
  expect(message({ task: 'detection' })).toEqual([
    'selection.secondOpinions is of classes alone; the task is detection',
  ]);
  expect(message({ review: { projects: 'cycle' } })).toEqual([
    'selection.secondOpinions asks the task of an earlier cycle again, which people must find beside the new ones: give review.projects: loop, too',
  ]);
  expect(message({ review: { overlap: { share: 0.1 } } })).toEqual([
    'review.overlap says who is asked twice, which selection.secondOpinions does; give one',
  ]);
  const others = {
    strategy: 'badge',
    nearDuplicates: 0.9,
    options: { beta: 2 },
    quotas: { cat: 1 },
    maxScore: 0.5,
  };
  const names = Object.entries(others).map(
    ([name, value]) => message({ selection: { [name]: value } })?.join() ?? name,
  );
  expect(names).toEqual(
    Object.entries(others).map(
      ([name, value]) =>
        `selection.${name} is ${typeof value === 'object' || name === 'nearDuplicates' ? 'given' : value}, but with secondOpinions the highest by ActiveLab are asked, whatever else; leave it out`,
    ),
  );
  expect(message({ selection: { ...others, secondOpinions: false } })).toBeUndefined();
});

test('an overlap has defaults, and an adjudicator needs one', () => {
  const review = (value: object) => loopSpecSchema.safeParse({ ...least, review: value });
  expect(review({ overlap: { share: 0.2 } }).data?.review.overlap).toEqual({
    share: 0.2,
    annotators: 2,
    further: 1,
    agreement: 0.7,
  });
  expect(review({ adjudicator: 'ada@example.com' }).error?.issues).toMatchObject([
    { path: ['review', 'adjudicator'], message: 'decides where several people answer: give overlap, too' },
  ]);
  for (const overlap of [{ share: 1.1 }, { share: 1, annotators: 1 }, { share: 1, agreement: 0 }])
    expect(review({ overlap }).success).toBe(false);
});
