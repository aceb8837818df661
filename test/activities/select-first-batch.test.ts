import { selectFirstBatchActivity } from '../../activities/select-first-batch.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { AnnotatedWorld, rootUrl } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';

const input = { datasourceId: '1', rootUrl, seed: 1, holdOutImages: 4, validationImages: 3, firstImages: 6 };
let world: AnnotatedWorld;
beforeEach(async () => {
  world = await AnnotatedWorld.create(40);
  await world.set(0, 20, { split: 'train' });
  await world.set(20, 30, { split: 'valid' });
  await world.set(30, 40, { split: 'test' });
});
afterEach(() => world.remove());

function chosenAs(purpose: string): string[] {
  return world
    .rows()
    .filter(({ fields }) => fields['selected_as'] === purpose && fields['selected_in_cycle'] === 0)
    .sort((a, b) => Number(a.fields['selected_rank']) - Number(b.fields['selected_rank']))
    .map(({ path }) => path);
}

test('draws each set from its split, ranked from 0, and a second call changes nothing', async () => {
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  expect(await runActivity(selectFirstBatch, input)).toEqual({ holdOut: 4, validation: 3, first: 6 });
  const splits = world.column('split');
  for (const [purpose, split, count] of [
    ['hold-out', 'test', 4],
    ['validation', 'valid', 3],
    ['first', 'train', 6],
  ] as const) {
    const chosen = chosenAs(purpose);
    expect(chosen).toHaveLength(count);
    expect(chosen.map((path) => splits[path])).toEqual(chosen.map(() => split));
    const ranks = world.column('selectedRank');
    expect(chosen.map((path) => ranks[path])).toEqual(chosen.map((_, rank) => rank));
  }
  const before = world.rows();
  expect(await runActivity(selectFirstBatch, input)).toEqual({ holdOut: 4, validation: 3, first: 6 });
  expect(world.rows()).toEqual(before);
});

test('is at random: the seed decides, and a larger draw holds the smaller one', async () => {
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  await runActivity(selectFirstBatch, input);
  const small = chosenAs('first');
  expect(small).not.toEqual([...small].sort());
  await runActivity(selectFirstBatch, { ...input, firstImages: 9 });
  expect(chosenAs('first').slice(0, 6)).toEqual(small);
  expect(chosenAs('first')).toHaveLength(9);

  const other = await AnnotatedWorld.create(40);
  await other.set(0, 40, { split: 'train' });
  await runActivity(selectFirstBatchActivity(other).selectFirstBatch, { ...input, seed: 2 });
  expect(Object.keys(other.column('selectedInCycle'))).not.toEqual([...small].sort());
  await other.remove();
});

test('annotated images may measure and validate, and count towards the first batch', async () => {
  await world.annotate(0, 2);
  await world.annotate(30, 40);
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  expect(await runActivity(selectFirstBatch, input)).toEqual({ holdOut: 4, validation: 3, first: 4 });
  expect(chosenAs('first')).not.toContain('00.png');
  expect(chosenAs('first')).not.toContain('01.png');
});

test('splits that are too small give what they have', async () => {
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  const greedy = { ...input, holdOutImages: 385, validationImages: 100, firstImages: 100 };
  expect(await runActivity(selectFirstBatch, greedy)).toEqual({ holdOut: 10, validation: 10, first: 20 });
});

test('an image that was marked half-way counts as not drawn', async () => {
  await world.set(30, 40, { selectedAs: 'hold-out', selectedRank: 3 });
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  expect(await runActivity(selectFirstBatch, input)).toMatchObject({ holdOut: 4 });
  expect(chosenAs('hold-out')).toHaveLength(4);
});

test('a stratified hold-out takes of each value of a field its part', async () => {
  const scanner = (from: number, to: number, value: string) =>
    world.engine.updateMetadata({
      datasourceId: '1',
      entries: world.paths
        .slice(from, to)
        .map((path) => ({ path, key: 'scanner', valueType: 'STRING' as const, value })),
    });
  await world.set(0, 40, { split: 'test' });
  await scanner(0, 24, 'old');
  await scanner(24, 36, 'new');
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  const stratified = { ...input, holdOutImages: 10, stratifyHoldOut: 'scanner' };
  expect(await runActivity(selectFirstBatch, stratified)).toMatchObject({ holdOut: 10 });
  const drawn = chosenAs('hold-out').map((path) => Number(path.slice(0, -4)));
  // 24, 12 and 4 of 40 images: 6, 3 and 1 of 10.
  expect(drawn.filter((index) => index < 24)).toHaveLength(6);
  expect(drawn.filter((index) => index >= 36)).toHaveLength(1);
  const before = world.rows();
  await runActivity(selectFirstBatch, stratified);
  expect(world.rows()).toEqual(before);
});

test('near copies of the hold-out are never in the first batch, and annotated ones are marked', async () => {
  // Every image is one of its own, but 19 images of train look as 30.png does, two of them annotated.
  world.runner.thumbnails = (text) => {
    const index = Number(/(\d+)\.png/.exec(text)?.[1]);
    const random = seededRandom(index < 19 ? 30 : index);
    return Uint8Array.from({ length: 256 }, () => 255 * random());
  };
  await world.annotate(0, 2);
  const { selectFirstBatch } = selectFirstBatchActivity(world);
  const all = { ...input, holdOutImages: 10, firstImages: 30 };
  expect(await runActivity(selectFirstBatch, all)).toMatchObject({ holdOut: 10, first: 1 });
  expect(chosenAs('first')).toEqual(['19.png']);
  const copies = world.column('nearHoldOut');
  expect(Object.keys(copies).sort()).toEqual(world.paths.slice(0, 19));
  expect(new Set(Object.values(copies))).toEqual(new Set(['30.png']));
  expect(Object.keys(world.column('thumbnail')).sort()).toEqual(world.paths.slice(30));
});
