import { inferShardActivity } from '../../activities/infer-shard.ts';
import type { ShardMark } from '../../activities/shard-progress.ts';
import { fields } from '../../core/fields.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import { scheme, type AnnotatedWorld } from '../support/annotated-world.ts';
import { trainedWorld } from '../support/trained-world.ts';
import { startActivity, type ActivityRun } from '../support/run-activity.ts';
import { until } from '../support/until.ts';

/** All are in the pool. */
const images = 400;
let world: AnnotatedWorld;
let runId: string;
/** In the order of the Data Engine. */
let paths: readonly string[];
/** How often each row was made complete. */
let completed: Map<string, number>;

beforeEach(async () => {
  ({ world, runId } = await trainedWorld(images, { pageImages: 20 }));
  paths = [...world.paths].sort();
  completed = new Map();
  const update = world.engine.updateMetadata.bind(world.engine);
  world.engine.updateMetadata = async (input, signal) => {
    await update(input, signal);
    for (const { path, key } of input.entries)
      if (key === fields.predRun.name) completed.set(path, (completed.get(path) ?? 0) + 1);
  };
});
afterEach(() => world.remove());

function start(details?: unknown): ActivityRun<unknown> {
  const input = {
    runId,
    datasource: world.datasource,
    shard: { after: null, images },
    rule: { score: 'margin' as const, boxes: defaultBoxRule },
    scheme,
  };
  return startActivity(inferShardActivity(world, [1, 1, 1]).inferShard, input, details);
}

/** As `kill -9` of its worker: nothing of it reaches anybody any more. Answers what Temporal knows of it. */
async function kill(run: ActivityRun<unknown>): Promise<ShardMark> {
  const mark = run.heartbeats.at(-1) as ShardMark;
  run.cancel();
  await run.result.catch(() => undefined);
  return mark;
}

/** A worker that hangs at its n-th image, until it is killed. */
function hangAt(image: number): Promise<void> {
  return new Promise((hangs) => {
    world.runner.beforeAnswer = async (_, signal) => {
      if (world.runner.classified.length < image) return;
      hangs();
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      throw signal?.reason;
    };
  });
}

test('another worker goes on from the cursor of the killed one: no row is written twice, none is missed', async () => {
  const hangs = hangAt(250);
  const killed = start();
  await hangs;
  await until(() => completed.size >= 192, 'what was predicted before is written');
  const mark = await kill(killed);
  const done = new Set(completed.keys());
  expect(mark.done).toBeGreaterThanOrEqual(180);
  expect(mark.left.images).toBe(images - mark.done);

  world.runner.beforeAnswer = () => Promise.resolve();
  world.runner.classified = [];
  const read: string[] = [];
  const query = world.engine.queryDatapoints.bind(world.engine);
  world.engine.queryDatapoints = async function* (...args) {
    for await (const page of query(...args)) {
      read.push(...page.datapoints.map(({ path }) => path));
      yield page;
    }
  };
  expect(await start(mark).result).toEqual({
    predicted: images - done.size,
    skipped: done.size,
    unreadable: 0,
  });
  // What is before the cursor is not read again, and what is done behind it not predicted.
  expect(read).toEqual(paths.slice(mark.done));
  expect(world.runner.classified.filter((path) => done.has(path))).toEqual([]);
  expect([...completed.keys()].sort()).toEqual(paths);
  expect([...completed.values()].every((times) => times === 1)).toBe(true);
});

test('the cursor is only ever behind what is written', async () => {
  const ahead: string[] = [];
  const run = start();
  const push = run.heartbeats.push.bind(run.heartbeats);
  run.heartbeats.push = (...marks) => {
    for (const { left } of marks as ShardMark[])
      ahead.push(...paths.slice(0, images - left.images).filter((path) => !completed.has(path)));
    return push(...marks);
  };
  await run.result;
  expect((run.heartbeats.at(-1) as ShardMark).left.images).toBe(0);
  expect(new Set(run.heartbeats.map((mark) => (mark as ShardMark).left.images)).size).toBeGreaterThan(4);
  expect(ahead).toEqual([]);
});

test('what an attempt was told is not lost while its model is downloaded', async () => {
  const mark = { left: { after: null, images: 0 }, done: images, unreadable: 0, silent: 0 };
  const run = start(mark);
  await run.result;
  for (const heartbeat of run.heartbeats) expect(heartbeat).toMatchObject({ left: mark.left, done: images });
});

test('an image that ends its worker twice is looked at alone, and set aside before it can do so again', async () => {
  const poison = '07.png';
  let together = 0;
  const dead = (): Promise<void> =>
    new Promise((dies) => {
      world.runner.beforeAnswer = async (items, signal) => {
        together = items.length;
        if (!items.some(({ id }) => id === poison)) return;
        dies();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        throw signal?.reason;
      };
    });
  let details: ShardMark | undefined;
  const sizes: number[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const dies = dead();
    const run = start(details);
    await dies;
    sizes.push(together);
    details = await kill(run);
  }
  expect(sizes).toEqual([16, 16, 1]);
  expect(world.column('predError')).toMatchObject({
    [poison]: `${runId}: it ends the thread or the process that looks at it`,
  });
  const last = start(details);
  expect(await last.result).toMatchObject({ unreadable: 1 });
  expect([...completed.keys()].sort()).toEqual(paths.filter((path) => path !== poison));
  // Those that were looked at alone in vain bear no reason.
  const reasons = Object.entries(world.column('predError'));
  expect(reasons.filter(([, reason]) => String(reason).startsWith(runId))).toHaveLength(1);
});
