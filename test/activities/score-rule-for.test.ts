import { inferShardActivity } from '../../activities/infer-shard.ts';
import { annotationBlob } from '../../core/annotation-blob.ts';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import type { AnnotatedWorld } from '../support/annotated-world.ts';
import { classes, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { trainedWorld } from '../support/trained-world.ts';

let world: AnnotatedWorld;
let runId: string;
afterEach(() => world.remove());

const shard = { after: null, images: 100 };
const datasource = { id: '1', rootUrl };

test('costs are by the names of the classes, whatever their order in the model', async () => {
  ({ world, runId } = await trainedWorld(1, { card: { classes: ['dog', 'cat'] } }));
  world.runner.probabilities = () => [0.9, 0.1];
  const rule = { score: 'least-cost', boxes: defaultBoxRule } as const;
  const costs = { cat: { dog: 20 } };
  await runActivity(inferShardActivity(world).inferShard, { runId, datasource, shard, rule, costs, scheme });
  // It is a dog with 0.9. To answer dog costs 0.1 · 20, to answer cat 0.9 · 1, of 20 at most.
  expect(world.column('predScore')['00.png']).toBeCloseTo(1 - 0.9 / 20, 12);
});

describe('difficulty', () => {
  const objects: LabelScheme = { task: 'detection', classes };
  const rule = {
    score: 'margin',
    boxes: { score: 'difficulty', aggregate: 'max', k: 1 },
  } as const;
  const box = (label: string, score: number) => ({ label, score, boxPx: [0, 0, 10, 10] as const });

  /** Image 0 is of the validation set, with a cat that the model finds and a dog that it does not; 1 and 2 are in the pool. */
  async function infer() {
    const truth = {
      objects: ['cat', 'dog'].map((label, place) => ({
        label,
        shape: { kind: 'box' as const, boxPx: [50 * place, 0, 10, 10] as const },
      })),
      sizePx: { width: 100, height: 80 },
    };
    const result = answersOf(objects).resultOf({ path: '00.png', truth });
    const imageUrl = world.engine.downloadUrl({ rootUrl, path: '00.png' });
    const value = annotationBlob({ imageUrl, annotation: { result } });
    await world.engine.updateMetadata({
      datasourceId: '1',
      entries: [{ path: '00.png', key: 'annotation', valueType: 'BLOB', value }],
    });
    await world.set(0, 1, { split: 'valid', selectedAs: 'validation' });
    return runActivity(inferShardActivity(world).inferShard, {
      runId,
      datasource,
      shard,
      rule,
      scheme: objects,
    });
  }

  test('weighs a box by how well the model does its class on the validation set, kept in its run', async () => {
    ({ world, runId } = await trainedWorld(3));
    world.runner.detections = (path) =>
      path === '00.png' ? [box('cat', 1)] : [box(path === '01.png' ? 'cat' : 'dog', 0.5)];
    expect(await infer()).toMatchObject({ predicted: 2 });
    // A coin toss of a class that is done weighs 1 of 1.2, of one that is never found 1.2.
    expect(world.column('predScore')).toEqual({
      '01.png': expect.closeTo(1 - 1 / 1.2, 12),
      '02.png': expect.closeTo(0, 12),
    });
    const kept = world.tracker.run(runId).artifacts.get('scoring/class-quality.json');
    expect(JSON.parse(new TextDecoder().decode(kept))).toEqual({ cat: 1, dog: 0 });
  });

  test('asks the model about the validation set once, also on another machine', async () => {
    ({ world, runId } = await trainedWorld(3));
    await infer();
    world.runner.classified = [];
    await world.set(1, 3, { predRun: 'other' });
    await world.loseDisk();
    await infer();
    expect(world.runner.classified.sort()).toEqual(['01.png', '02.png']);
  });
});
