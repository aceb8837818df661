import { evaluateModelActivity } from '../../activities/evaluate-model.ts';
import { inferShardActivity } from '../../activities/infer-shard.ts';
import { defaultBoxRule } from '../../core/scores/box-aggregates.ts';
import { entropyNats } from '../../core/scores/entropy.ts';
import type { AnnotatedWorld } from '../support/annotated-world.ts';
import { rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity } from '../support/run-activity.ts';
import { trainedWorld } from '../support/trained-world.ts';

let world: AnnotatedWorld;
let runId: string;
afterEach(() => world.remove());

const datasource = { id: '1', rootUrl };
const rule = { score: 'predicted-loss', boxes: defaultBoxRule } as const;

/**
 * Images 0 to labelled−1 are labelled, even ones cat and odd ones dog. Cats lie apart from dogs, and the model says each with 0.7; but 20 lies among the
 * dogs.
 */
async function worldWithLabels(images: number, labelled: number): Promise<void> {
  ({ world, runId } = await trainedWorld(images));
  await world.annotate(0, labelled);
  world.runner.probabilities = (path) => (isOdd(path) ? [0.3, 0.7] : [0.7, 0.3]);
  world.runner.embedding = (path) => {
    const spread = Number(path[1]) / 50;
    return isOdd(path) || path === '20.png' ? [0.1, 1, spread] : [1, 0.1, spread];
  };
}

function isOdd(path: string): boolean {
  return Number.parseInt(path, 10) % 2 === 1;
}

function infer() {
  const shard = { after: null, images: 100 };
  return runActivity(inferShardActivity(world).inferShard, { runId, datasource, shard, rule, scheme });
}

test('asks first where the labels most alike are of another class than the model says', async () => {
  await worldWithLabels(24, 16);
  expect(await infer()).toMatchObject({ predicted: 8 });
  const scores = world.column('predScore') as Record<string, number>;
  const [first] = Object.keys(scores).sort((a, b) => scores[a]! - scores[b]!);
  expect(first).toBe('20.png');
  expect(world.losses.learned).toBe(1);
});

test('learns once a run, also for another machine and a later shard', async () => {
  await worldWithLabels(24, 16);
  await infer();
  const scores = world.column('predScore');
  await world.set(16, 24, { predRun: 'other' });
  await world.loseDisk();
  expect(await infer()).toMatchObject({ predicted: 8 });
  expect(world.losses.learned).toBe(1);
  expect(world.column('predScore')).toEqual(scores);
});

test('with too few labels it is the loss that the model expects: its entropy', async () => {
  await worldWithLabels(8, 4);
  await infer();
  expect(world.losses.learned).toBe(0);
  expect(world.column('predScore')['07.png']).toBeCloseTo(Math.exp(-entropyNats([0.7, 0.3], 0, 2)), 12);
});

test('is held against entropy on the hold-out, in MLflow and on the curve', async () => {
  await worldWithLabels(40, 40);
  await world.set(20, 40, { split: 'test', selectedAs: 'hold-out' });
  // Sure and unsure, right and wrong.
  world.runner.probabilities = (path) => {
    const p = 0.5 + (Number.parseInt(path, 10) % 7) / 15;
    return [p, 1 - p];
  };
  const input = { loop: 'glyphs', runId, datasource, scheme, seed: 1, startTimeMs: 0 };
  const { evaluateModel } = evaluateModelActivity(world);
  const result = await runActivity(evaluateModel, { ...input, predictsLosses: true });
  const { metrics, artifacts } = world.tracker.run(runId);
  const ours = metrics.find(({ key }) => key === 'holdout_predicted_loss_rank_correlation');
  expect(ours).toBeDefined();
  expect(result.others['loss rank']).toBeCloseTo(ours!.value, 3);
  expect(JSON.parse(new TextDecoder().decode(artifacts.get('evaluation.json')))).toMatchObject({
    predictedLoss: { images: 20, predictedLoss: ours!.value },
  });
  expect(world.losses.learned).toBe(1);
});
