import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { maskBox } from '../../../core/formats/pixel-mask.ts';
import { boxOverlap } from '../../../core/metrics/overlap.ts';
import type { ModelTask } from '../../../core/model-task.ts';
import type { Detected } from '../../../core/ports.ts';
import { readModelFolder } from '../../../models/card.ts';
import { repeatSelfTest, selfTestImage } from '../../../models/local-trainer.ts';
import { InferencePool } from '../../../models/runner/inference-pool.ts';
import type { JobInput, TrainJob, TrainerEvent } from '../../../models/trainers/job.ts';
import { builtInTrainerCommand } from '../../../models/trainers/run-trainer.ts';
import { glyphJob } from '../glyphs.ts';
import { sceneJob } from '../scenes.ts';

jest.setTimeout(120_000);

type MakeJob = typeof glyphJob;

/** The built-in trainers: what they promise is the same for all. */
const subjects = [
  {
    task: 'classification',
    job: glyphJob,
    otherTask: 'detection',
    steps: 60,
    /** Enough steps to be interrupted in the middle, with a checkpoint after each. */
    longParams: { width: 4, steps: 150, batch: 16, lr: 0.01, checkpointEverySeconds: 0 },
  },
  {
    task: 'detection',
    job: sceneJob,
    otherTask: 'classification',
    steps: 120,
    longParams: { width: 4, steps: 60, batch: 4, lr: 0.01, checkpointEverySeconds: 0 },
  },
] as const satisfies readonly {
  task: 'classification' | 'detection';
  job: MakeJob;
  otherTask: ModelTask;
  steps: number;
  longParams: JobInput['params'];
}[];
const [{ longParams }] = subjects;
const outlines = { task: 'segmentation' } as const;
const folders: string[] = [];

afterAll(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
});

test('the classifier learns, tells each look at the validation set, and leaves the best model with its card', async () => {
  const { dir, jobFile } = await job();
  const { code, events } = await train(jobFile);
  expect(code).toBe(0);
  expect(events[0]).toMatchObject({
    event: 'start',
    total_steps: 60,
    resumed_from: null,
    train: 45,
    valid: 45,
  });
  const looks = events.flatMap((event) => (event.event === 'progress' ? [event] : []));
  expect(looks.map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60]);
  const losses = looks.map(({ metrics }) => metrics['valid_loss']!);
  expect(looks.at(-1)!.metrics['train_loss']).toBeLessThan(looks[0]!.metrics['train_loss']! / 4);
  const done = events.at(-1)!;
  expect(done).toMatchObject({ event: 'done', metrics: { valid_loss: Math.min(...losses) } });
  const { card } = await readModelFolder(join(dir, 'out'));
  expect(card.metrics['valid_accuracy']).toBeGreaterThan(0.9);
  expect(card).toMatchObject({
    classes: ['ring', 'cross', 'bars'],
    selftest: { manifest: 'valid', index: 0 },
  });
});

test('the detector learns, tells each look at the validation set, and leaves the best model with its card', async () => {
  const { dir, jobFile } = await job({}, undefined, sceneJob);
  const { code, events } = await train(jobFile, undefined, 'detection');
  expect(code).toBe(0);
  const looks = events.flatMap((event) => (event.event === 'progress' ? [event] : []));
  expect(looks.map(({ step }) => step)).toEqual([40, 80, 120]);
  expect(looks.at(-1)!.metrics['train_loss']).toBeLessThan(looks[0]!.metrics['train_loss']! * 0.7);
  const { card } = await readModelFolder(join(dir, 'out'));
  expect(card.metrics['valid_map50']).toBeGreaterThan(0.1);
  expect(card.metrics['valid_loss']).toBe(Math.min(...looks.map(({ metrics }) => metrics['valid_loss']!)));
  expect(card).toMatchObject({
    classes: ['disc', 'square', 'triangle'],
    input: { resize: 'letterbox', pad_value: 114, color: 'RGB', normalisation: 'in-graph' },
    output: { kind: 'yolo-detect', box_format: 'cxcywh-pixels', scores: 'probability', nms: 'none' },
    selftest: { manifest: 'valid', detections: expect.any(Array) as unknown },
  });
});

test('the segmenter learns outlines, and the runner repeats what it found and draws its masks', async () => {
  const { dir, jobFile } = await job(outlines, undefined, sceneJob);
  const { code, events } = await train(jobFile, undefined, 'segmentation');
  expect(code).toBe(0);
  const looks = events.flatMap((event) => (event.event === 'progress' ? [event] : []));
  expect(looks.at(-1)!.metrics['train_loss']).toBeLessThan(looks[0]!.metrics['train_loss']! * 0.7);
  const { card } = await readModelFolder(join(dir, 'out'));
  expect(card).toMatchObject({
    task: 'segmentation',
    output: { kind: 'yolo-seg', names: ['output0', 'output1'] },
  });
  await repeatSelfTest(dir, join(dir, 'out'), card, new AbortController().signal);
  const pool = await InferencePool.open({ modelDir: join(dir, 'out'), threads: 1 });
  const [answer] = await pool.detect([{ id: 'image', bytes: await selfTestImage(dir, card) }]);
  await pool.close();
  const { detections } = answer as Detected;
  expect(detections.length).toBeGreaterThan(0);
  for (const { mask, boxPx } of detections) {
    expect(mask).toMatchObject({ width: 48, height: 48 });
    expect(boxOverlap(maskBox(mask!), boxPx)).toBeGreaterThan(0);
  }
});

test('the same job makes the same bytes; another seed does not; a finished job is not done twice', async () => {
  const [one, two, other] = [await job(), await job(), await job({ seed: 12 })];
  const { code } = await train(one.jobFile);
  expect(code).toBe(0);
  await train(two.jobFile);
  await train(other.jobFile);
  expect(await model(two.dir)).toEqual(await model(one.dir));
  expect(await model(other.dir)).not.toEqual(await model(one.dir));
  const again = await train(one.jobFile);
  expect(again.events.map(({ event }) => event)).toEqual(['start', 'done']);
});

describe.each(subjects)('training for $task, interrupted', ({ task, job: make, longParams: params }) => {
  let uninterrupted: Buffer;
  beforeAll(async () => {
    const { dir, jobFile } = await job({ params }, undefined, make);
    expect((await train(jobFile, undefined, task)).code).toBe(0);
    uninterrupted = await model(dir);
  });

  test.each([
    ['SIGTERM', 143, (child: ChildProcess) => child.kill('SIGTERM')],
    ['the end of stdin', 143, (child: ChildProcess) => child.stdin!.end()],
    ['kill -9', null, (child: ChildProcess) => child.kill('SIGKILL')],
  ])('by %s it leaves a checkpoint and no model, and resumes to the same bytes', async (_, exit, stop) => {
    const { dir, jobFile } = await job({ params }, undefined, make);
    const first = await train(
      jobFile,
      (event, child) => {
        if (event.event === 'checkpoint' && event.step === 35) stop(child);
      },
      task,
    );
    expect(first.code).toBe(exit);
    expect(existsSync(join(dir, 'out', 'model.onnx'))).toBe(false);
    const { step } = JSON.parse(await readFile(join(dir, 'ckpt', 'latest.json'), 'utf8')) as { step: number };
    expect(step).toBeGreaterThanOrEqual(35);
    expect(step).toBeLessThan(params.steps);
    const second = await train(jobFile, undefined, task);
    expect(second.events[0]).toMatchObject({ event: 'start', resumed_from: step });
    expect(second.code).toBe(0);
    expect(await model(dir)).toEqual(uninterrupted);
  });
});

test('interrupted while the classifier shifts its images, it resumes to the same bytes, too', async () => {
  const params = { ...longParams, augment: true };
  const [whole, parts, plain] = [
    await job({ params }),
    await job({ params }),
    await job({ params: longParams }),
  ];
  await train(whole.jobFile);
  await train(plain.jobFile);
  await train(parts.jobFile, (event, child) => {
    if (event.event === 'checkpoint' && event.step === 35) child.kill('SIGTERM');
  });
  await train(parts.jobFile);
  expect(await model(parts.dir)).toEqual(await model(whole.dir));
  expect(await model(parts.dir)).not.toEqual(await model(plain.dir));
});

test('a training that gets no better ends early, with the best model', async () => {
  // So small a rate moves no weight: the first look stays the best.
  const params = { width: 4, steps: 1000, batch: 16, lr: 1e-30, evalEverySteps: 2, patience: 3 };
  const { jobFile } = await job({ params });
  const { code, events } = await train(jobFile);
  const steps = events.flatMap((event) => (event.event === 'progress' ? [event.step] : []));
  expect({ code, steps }).toEqual({ code: 0, steps: [2, 4, 6, 8] });
  expect(events.at(-1)).toMatchObject({ event: 'done', metrics: { best_step: 2 } });
});

test.each(subjects)(
  'training for $task, warm, goes on from the weights of an earlier model',
  async ({ task, job: make }) => {
    const first = await job({}, undefined, make);
    await train(first.jobFile, undefined, task);
    const initModelDir = join(first.dir, 'out');
    const still = { steps: 1, evalEverySteps: 1, lr: 1e-30, batch: 8, width: task === 'detection' ? 8 : 4 };
    const second = await job({ params: still, initModelDir }, undefined, make);
    const { events } = await train(second.jobFile, undefined, task);
    const { card } = await readModelFolder(initModelDir);
    const [, look] = events;
    const loss = (look as Extract<TrainerEvent, { event: 'progress' }>).metrics['valid_loss']!;
    // One step moves nothing but a detector's running statistics.
    expect(Math.abs(loss / card.metrics['valid_loss']! - 1)).toBeLessThan(0.1);
  },
);

test.each([
  ['another width', { params: { width: 8, steps: 1 } }, /no conv0\.weight of the shape 8×1×3×3/],
  ['other classes', { classes: ['ring', 'bars', 'cross'] }, /model of the classes ring, cross, bars/],
  ['nothing there', { gone: true }, /model\.json: cannot be read/],
])('a model of %s is no start: a warning, and from scratch', async (_, change, reason) => {
  const first = await job({ params: { width: 4, steps: 1 } });
  await train(first.jobFile);
  const initModelDir = join(first.dir, 'out');
  const second = await job({ params: { width: 4, steps: 1 }, initModelDir, ...change });
  if ('gone' in change) await rm(join(initModelDir, 'model.json'));
  const { code, events } = await train(second.jobFile);
  expect(events[0]).toMatchObject({ event: 'warning', message: expect.stringMatching(reason) as unknown });
  expect(code).toBe(0);
});

test('a checkpoint of another training is ignored with a warning', async () => {
  const { dir, jobFile } = await job({ params: longParams });
  await train(jobFile, (event, child) => {
    if (event.event === 'checkpoint') child.kill('SIGTERM');
  });
  const value = JSON.parse(await readFile(jobFile, 'utf8')) as object;
  await writeFile(jobFile, JSON.stringify({ ...value, run_key: 'another' }));
  const { events } = await train(jobFile, (event, child) => {
    if (event.event === 'start') child.kill('SIGTERM');
  });
  expect(events.slice(0, 2)).toMatchObject([
    { event: 'warning', message: expect.stringContaining('run_key') },
    { event: 'start', resumed_from: null },
  ]);
  expect(existsSync(join(dir, 'out', 'model.json'))).toBe(false);
});

test('two attempts at once: the second leaves with "try again"; a lock whose process is gone is taken over', async () => {
  const { dir, jobFile } = await job({ params: longParams });
  let second: Promise<Ended> | undefined;
  const first = await train(jobFile, (event, child) => {
    if (event.event === 'start') {
      child.kill('SIGSTOP');
      second = train(jobFile).finally(() => child.kill('SIGCONT'));
    }
  });
  const refused = await second!;
  expect(refused.code).toBe(75);
  expect(refused.events).toMatchObject([
    {
      event: 'error',
      kind: 'resource',
      retryable: true,
      message: expect.stringContaining('Another attempt'),
    },
  ]);
  expect(first.code).toBe(0);
  await rm(join(dir, 'out'), { recursive: true });
  // Our own process id, but a start that never was: the holder is gone and its id was given to somebody else.
  await writeFile(join(dir, 'ckpt', 'lock.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  expect((await train(jobFile)).code).toBe(0);
  expect(existsSync(join(dir, 'ckpt', 'lock.json'))).toBe(false);
});

test('not done within max_seconds: a checkpoint and "try again"', async () => {
  const { dir, jobFile } = await job({ params: { ...longParams, steps: 100_000 }, maxSeconds: 1.5 });
  const { code, events } = await train(jobFile);
  expect(code).toBe(75);
  expect(events.at(-1)).toMatchObject({
    event: 'error',
    message: expect.stringContaining('max_seconds (1.5 s)'),
  });
  expect(existsSync(join(dir, 'ckpt', 'latest.json'))).toBe(true);
});

test('a loss that is no number ends with 70 and names the rate', async () => {
  const { jobFile } = await job({ params: { ...longParams, lr: 1e25 } });
  const { code, events } = await train(jobFile);
  expect({ code, last: events.at(-1) }).toMatchObject({
    code: 70,
    last: { event: 'error', message: expect.stringMatching(/a smaller lr than 1e\+25/) },
  });
});

/** What each trainer must see by itself, and what one piece of code sees for all. */
const wrongs = (otherTask: ModelTask): [string, number, RegExp, Change][] => [
  ['another task', 64, new RegExp(`learns .+ only, not ${otherTask}`), { job: { task: otherTask } }],
  ['an unknown parameter', 78, /"stepz"/, { job: { params: { stepz: 3 } } }],
  ['an unknown class', 65, /train\.jsonl:2: class "star" is none of \w+, \w+, \w+/, { label: 'star' }],
];
const sharedWrongs: ReturnType<typeof wrongs> = [
  ['another contract', 64, /speaks al-train\/1/, { job: { contract: 'al-train/9' } }],
  ['a checkpoint to start from', 64, /not from an init_checkpoint/, { job: { init_checkpoint: 'ckpt' } }],
  ['a parameter out of range', 78, /Bad parameter lr/, { job: { params: { lr: -1 } } }],
  ['a missing image', 65, /train\.jsonl:2: image .* no such file/, { removeImage: true }],
  ['a broken image', 65, /train\.jsonl:2: image .* cannot be decoded/, { image: 'no image' }],
  ['a changed manifest', 65, /train\.jsonl: its SHA-256/, { appendLine: true }],
];

test.each([
  ...subjects.flatMap(({ task, job: make, otherTask }) =>
    wrongs(otherTask).map((wrong) => [...wrong, task, make] as const),
  ),
  ...sharedWrongs.map((wrong) => [...wrong, 'classification', glyphJob] as const),
])('%s ends with %i', async (_, exit, message, change, task, make) => {
  const { dir, jobFile } = await job({}, change.label, make);
  const [, line] = (await readFile(join(dir, 'train.jsonl'), 'utf8')).split('\n');
  const image = join(dir, (JSON.parse(line!) as { file: string }).file);
  if (change.removeImage) await rm(image);
  if (change.image) await writeFile(image, change.image);
  if (change.appendLine) await writeFile(join(dir, 'train.jsonl'), '{}\n', { flag: 'a' });
  const value = JSON.parse(await readFile(jobFile, 'utf8')) as object;
  await writeFile(jobFile, JSON.stringify({ ...value, ...change.job }));
  const { code, events } = await train(jobFile, undefined, task);
  expect(events.at(-1)).toMatchObject({ event: 'error', message: expect.stringMatching(message) });
  expect(code).toBe(exit);
  expect(existsSync(join(dir, 'out', 'model.json'))).toBe(false);
});

test.each<[string, object, RegExp, Partial<JobInput>?]>([
  ['a class instead of boxes', { labels: { class: 'disc' } }, /train\.jsonl:1: has no boxes/],
  ['boxes instead of outlines', box({}), /train\.jsonl:1: has no masks; the task is segmentation/, outlines],
  [
    'an outline of two points',
    {
      labels: {
        masks: [
          {
            label: 'disc',
            polygons: [
              [
                [1, 1],
                [9, 9],
              ],
            ],
          },
        ],
      },
    },
    /train\.jsonl:1: mask 1 \(2 points\) has no area/,
    outlines,
  ],

  [
    'a box without width',
    box({ w: 0 }),
    /train\.jsonl:1: box 1 \(1, 1, 0, 9\) has no area in the image of 48x48/,
  ],
  ['a box beside the image', box({ x: 50 }), /train\.jsonl:1: box 1 \(50, 1, 9, 9\) has no area/],
  ['another size than the image', { width: 96 }, /has 48x48 pixels, its line says 96x48/],
])('a line with %s ends the detector with 65', async (_, change, message, about = {}) => {
  const { dir, jobFile } = await job(about, undefined, sceneJob);
  const manifest = join(dir, 'train.jsonl');
  const [first, ...rest] = (await readFile(manifest, 'utf8')).split('\n');
  const text = [JSON.stringify({ ...(JSON.parse(first!) as object), ...change }), ...rest].join('\n');
  await writeFile(manifest, text);
  const value = JSON.parse(await readFile(jobFile, 'utf8')) as TrainJob;
  const sha256 = createHash('sha256').update(text).digest('hex');
  await writeFile(jobFile, JSON.stringify({ ...value, train: { ...value.train, sha256 } }));
  const { code, events } = await train(jobFile, undefined, 'detection');
  expect(events.at(-1)).toMatchObject({ event: 'error', message: expect.stringMatching(message) });
  expect(code).toBe(65);
});

test('masks over an input that is no whole number of cells end the detector with 78', async () => {
  const input = { width: 50, height: 48, channels: 3 } as const;
  const { jobFile } = await job({ ...outlines, input }, undefined, sceneJob);
  const { code, events } = await train(jobFile, undefined, 'segmentation');
  const message = 'The input is 50x48; for masks its sides must be multiples of 4.';
  expect({ code, last: events.at(-1) }).toMatchObject({ code: 78, last: { event: 'error', message } });
});

function box(change: object): object {
  return { labels: { boxes: [{ label: 'disc', x: 1, y: 1, w: 9, h: 9, ...change }] } };
}

interface Change {
  readonly job?: Record<string, unknown>;
  /** Class of the second training example. */
  readonly label?: string;
  readonly removeImage?: boolean;
  readonly image?: string;
  readonly appendLine?: boolean;
}

interface Ended {
  readonly code: number | null;
  readonly events: TrainerEvent[];
}

async function job(
  change: Partial<JobInput> = {},
  secondLabel?: string,
  make: MakeJob = glyphJob,
): ReturnType<MakeJob> {
  const made = await make(change, secondLabel);
  folders.push(made.dir);
  return made;
}

async function train(
  jobFile: string,
  onEvent: (event: TrainerEvent, child: ChildProcess) => void = () => undefined,
  task: ModelTask = 'classification',
): Promise<Ended> {
  const [program, ...args] = builtInTrainerCommand(task);
  const child = spawn(program!, [...args, jobFile], { stdio: ['pipe', 'pipe', 'ignore'] });
  const events: TrainerEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as TrainerEvent;
    // A slow machine gives signs of life in between.
    const isSign = event.event === 'progress' && Object.keys(event.metrics).length === 0;
    if (!isSign) events.push(event);
    onEvent(event, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, events };
}

async function model(dir: string): Promise<Buffer> {
  return readFile(join(dir, 'out', 'model.onnx'));
}
