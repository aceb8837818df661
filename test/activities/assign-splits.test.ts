import { assignSplitsActivity } from '../../activities/assign-splits.ts';
import { splitOf } from '../../core/splits.ts';
import { AnnotatedWorld } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

const ratios = { train: 0.6, valid: 0.3, test: 0.1 };
const input = { datasourceId: '1', ratios, seed: 1 };
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(23);
});
afterEach(() => world.remove());

test('gives every image its split, over all pages, and a second call writes nothing', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  expect(await runActivity(assignSplits, input)).toEqual({ assigned: 23 });
  expect(world.column('split')).toEqual(
    Object.fromEntries(world.paths.map((path) => [path, splitOf(path, ratios, 1)])),
  );
  const { written } = world;
  expect(await runActivity(assignSplits, input)).toEqual({ assigned: 0 });
  expect(world.written).toBe(written);
});

test('a new image gets a split and moves no other; a changed ratio moves nobody', async () => {
  const { assignSplits } = assignSplitsActivity(world);
  await runActivity(assignSplits, input);
  const before = world.column('split');
  world.engine.addImage('s3://bucket/images', 'new.png');
  await world.engine.scanDatasource('1');
  const other = { ...input, ratios: { train: 0.1, valid: 0.1, test: 0.8 } };
  expect(await runActivity(assignSplits, other)).toEqual({ assigned: 1 });
  expect(world.column('split')).toEqual({ ...before, 'new.png': splitOf('new.png', other.ratios, 1) });
});
