import { Worker } from 'node:worker_threads';
import { inferShardActivity } from '../../activities/infer-shard.ts';
import { ServiceRejectedError, ServiceUnavailableError } from '../../core/errors.ts';
import type { DataEngine, ModelRunner } from '../../core/ports.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import { LocalModelRunner } from '../../models/local-runner.ts';
import { cardOf } from '../models/model-folder.ts';
import { classes, rootUrl, scheme, type AnnotatedWorld } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { trainedWorld } from '../support/trained-world.ts';

/** A real thread, with a program that answers every image alike, but ends at once when one says "poison". */
const program = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ kind, batch, items }) => {
    if (kind === 'close') return parentPort.close();
    if (items.some(({ bytes }) => Buffer.from(bytes).includes('poison'))) process.exit(134);
    const results = items.map(({ id }) => ({ id, probabilities: [0.75, 0.25] }));
    parentPort.postMessage({ kind: 'result', batch, results });
  });
  parentPort.postMessage({ kind: 'ready' });`;
let threads = 0;
jest.mock('../../models/node-entry.ts', () => ({
  startThread: () => {
    threads += 1;
    return new Worker(program, { eval: true });
  },
}));
jest.mock('../../models/rewrites/with-rewritten.ts', () => ({
  withRewritten: (_: string, load: (file: null) => Promise<unknown>) => load(null),
}));

const images = 120;
let world: AnnotatedWorld;
let runId: string;
/** Tries to fetch an image, by path. */
let tries: Map<string, number>;
beforeEach(async () => {
  ({ world, runId } = await trainedWorld(images, { pageImages: 20, card: cardOf(classes, {}) }));
  [tries, threads] = [new Map(), 0];
});
afterEach(() => world.remove());

function infer(runner: ModelRunner = world.runner) {
  const { engine, tracker, workDir, losses } = world;
  const { inferShard } = inferShardActivity({ engine, tracker, workDir, losses, runner }, [1, 1, 1]);
  return runActivity(inferShard, {
    runId,
    datasource: world.datasource,
    shard: { after: null, images },
    rule: { score: 'margin' as const, boxes: defaultBoxRule },
    scheme,
  });
}

/** The server fails for images as told, and gives the others. */
function failing(fails: (path: string, nth: number) => Error | null): void {
  const fetch = world.engine.fetchImage.bind(world.engine);
  world.engine.fetchImage = (...[image, signal]: Parameters<DataEngine['fetchImage']>) => {
    const nth = (tries.get(image.path) ?? 0) + 1;
    tries.set(image.path, nth);
    const error = fails(image.path, nth);
    return error ? Promise.reject(error) : fetch(image, signal);
  };
}

const unavailable = new ServiceUnavailableError('DagsHub: GET /raw/x.png: 503 busy');

/** Paths with a reason of this run. */
function setAside(): string[] {
  const errors = Object.entries(world.column('predError'));
  return errors.filter(([, reason]) => String(reason).startsWith(runId)).map(([path]) => path);
}

test('an image that cannot be fetched at first is fetched again, and the others do not wait for it', async () => {
  failing((path, nth) => (path === '07.png' && nth < 4 ? unavailable : null));
  expect(await infer()).toEqual({ predicted: images, skipped: 0, unreadable: 0 });
  expect(tries.get('07.png')).toBe(4);
  expect(world.runner.classified.at(-1)).toBe('07.png');
  expect(setAside()).toEqual([]);
});

test('after four tries it is set aside with the reason, and the shard is done', async () => {
  const refused = new ServiceRejectedError('DagsHub: GET /raw/y.png: 403 not yours', { status: 403 });
  failing((path) => (path === '07.png' ? unavailable : path === '08.png' ? refused : null));
  expect(await infer()).toEqual({
    predicted: images - 2,
    skipped: 0,
    unreadable: 2,
    examples: [
      '07.png: cannot be fetched, in 4 tries: DagsHub: GET /raw/x.png: 503 busy',
      '08.png: cannot be fetched, in 4 tries: DagsHub: GET /raw/y.png: 403 not yours',
    ],
  });
  expect(tries.get('07.png')).toBe(4);
  expect(setAside()).toEqual(['07.png', '08.png']);
  expect(await infer()).toEqual({ predicted: 0, skipped: images - 2, unreadable: 2 });
});

test('a service that is down fails the attempt, to be tried again, and no image is set aside', async () => {
  failing(() => unavailable);
  await expect(infer()).rejects.toMatchObject({ nonRetryable: false, message: unavailable.message });
  expect(setAside()).toEqual([]);
  expect(Math.max(...tries.values())).toBe(1);
});

test('a service that goes down for the last few images fails the attempt too', async () => {
  let [asked, isUp] = [0, false];
  failing(() => (++asked > images - 5 && !isUp ? unavailable : null));
  await expect(infer()).rejects.toMatchObject({ nonRetryable: false, message: unavailable.message });
  expect(setAside()).toEqual([]);
  isUp = true;
  expect(await infer()).toEqual({ predicted: 5, skipped: images - 5, unreadable: 0 });
});

test('a service that fails for one image in five is not worth blaming the images', async () => {
  failing((path) => (Number(path.slice(0, -4)) % 5 === 0 ? unavailable : null));
  await expect(infer()).rejects.toMatchObject({ nonRetryable: false, message: unavailable.message });
  expect(setAside()).toEqual([]);
});

describe('with real threads', () => {
  let runner: LocalModelRunner;
  beforeEach(() => {
    runner = new LocalModelRunner({ threads: 2 });
  });
  afterEach(() => runner.close());

  function poison(paths: readonly string[]): void {
    for (const path of paths)
      world.engine.addImage(rootUrl, path, new TextEncoder().encode(`poison ${path}`));
  }

  test('an image that kills its thread is found, set aside, and tried no more; those beside it are predicted', async () => {
    poison(['07.png', '60.png']);
    expect(await infer(runner)).toMatchObject({ predicted: images - 2, unreadable: 2 });
    expect(world.column('predError')).toMatchObject({
      '07.png': `${runId}: it ends the thread or the process that looks at it`,
      '60.png': `${runId}: it ends the thread or the process that looks at it`,
    });
    expect(setAside()).toEqual(['07.png', '60.png']);
    expect(Object.keys(world.column('predRun'))).toHaveLength(images - 2);
    const started = threads;
    expect(await infer(runner)).toEqual({ predicted: 0, skipped: images - 2, unreadable: 2 });
    expect(threads - started).toBeLessThanOrEqual(2);
  });

  test('when many kill their thread it is not the images: the attempt fails, and none is set aside', async () => {
    poison(world.paths.slice(0, 12));
    await expect(infer(runner)).rejects.toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining('An inference thread ended by itself'),
    });
    expect(setAside()).toEqual([]);
  });
});
