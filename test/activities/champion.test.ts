import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateModelActivity, type EvaluateModelResult } from '../../activities/evaluate-model.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { FakeExperimentTracker } from '../support/fake-experiment-tracker.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
/** Images that a cycle's model takes for the other class. */
let mistakes: Map<number, readonly string[]>;
const startTimeMs = 1_700_000_000_000;
const datasource = { id: '1', name: 'glyphs', rootUrl };

/** Image `index` is a cat when even; 0–3 train, 4–5 validation, 06.png to 45.png are the hold-out. */
beforeEach(async () => {
  mistakes = new Map();
  world = await AnnotatedWorld.create(46, { pageImages: 50 });
  await world.set(0, 4, { split: 'train' });
  await world.set(4, 6, { split: 'valid', selectedAs: 'validation' });
  await world.set(6, 46, { split: 'test', selectedAs: 'hold-out' });
  await world.annotate(0, 46);
  const load = world.runner.load.bind(world.runner);
  world.runner.load = async (folder) => {
    const model = await load(folder);
    const [, cycle] = /cycle (\d+)$/.exec(await readFile(join(folder, 'model.onnx'), 'utf8')) ?? [];
    const wrong = mistakes.get(Number(cycle)) ?? [];
    return {
      ...model,
      classify: async (items) =>
        items.map(({ id }) => {
          const isDog = (Number(id.slice(0, -4)) % 2 === 1) !== wrong.includes(id);
          return { id, probabilities: isDog ? [0.1, 0.9] : [0.9, 0.1] };
        }),
    };
  };
});
afterEach(() => world.remove());

async function train(cycle: number, wrong: readonly string[]): Promise<string> {
  const { runId } = await runActivity(trainModelActivity(world).trainModel, {
    workflowId: 'wf',
    repo: 'team/pets',
    loop: 'glyphs',
    cycle,
    datasource,
    scheme,
    seed: 1,
    training: loopSpec().training,
    startTimeMs,
  });
  mistakes.set(cycle, wrong);
  return runId;
}

function evaluate(runId: string): Promise<EvaluateModelResult> {
  const input = { loop: 'glyphs', runId, datasource, scheme, seed: 1, startTimeMs };
  return runActivity(evaluateModelActivity(world).evaluateModel, input);
}

const some = ['06.png', '07.png', '08.png', '09.png'];
const many = imagePaths(6, 26);
function imagePaths(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${String(from + index).padStart(2, '0')}.png`);
}

test('the first model is champion', async () => {
  const runId = await train(1, many);
  expect(await evaluate(runId)).toMatchObject({ champion: { runId, cycle: 1, reason: 'the first model' } });
  expect(world.tracker.champion('glyphs')).toBe(runId);
});

test('a better model takes its place', async () => {
  const first = await train(1, many);
  await evaluate(first);
  const second = await train(2, some);
  const { champion, metric } = await evaluate(second);
  expect(metric.value).toBe(0.9);
  expect(champion).toMatchObject({ runId: second, cycle: 2 });
  expect(champion.reason).toMatch(
    /^not significantly worse than cycle 1's model: macro recall \+0\.400, at most \+0\.\d{3} with 95 % confidence$/,
  );
  expect(world.tracker.champion('glyphs')).toBe(second);
});

test('a significantly worse model does not, and the run says why', async () => {
  const first = await train(1, some);
  await evaluate(first);
  const second = await train(2, many);
  const { champion, metric } = await evaluate(second);
  expect(metric.value).toBe(0.5);
  expect(champion).toMatchObject({ runId: first, cycle: 1 });
  expect(champion.reason).toMatch(
    /^significantly worse than cycle 1's model: macro recall −0\.400, at most −0\.\d{3} with 95 % confidence$/,
  );
  expect(world.tracker.champion('glyphs')).toBe(first);
  const { tags, metrics } = world.tracker.run(second);
  expect(tags).toMatchObject({ 'labelloop.challenge': champion.reason, 'labelloop.challenged': first });
  expect(metrics.find(({ key }) => key === 'holdout_challenge_difference')?.value).toBeCloseTo(-0.4, 9);
});

test('one that is worse by no more than chance does', async () => {
  await evaluate(await train(1, some));
  const second = await train(2, [...some, '10.png']);
  expect((await evaluate(second)).champion).toMatchObject({ runId: second, cycle: 2 });
});

test('models are compared on the same images: four mistakes more are much if all others are the same', async () => {
  await evaluate(await train(1, imagePaths(6, 26)));
  // As many mistakes, on other images: either is better in half of the resamples.
  const second = await train(2, imagePaths(26, 46));
  expect((await evaluate(second)).champion.runId).toBe(second);
  // The same mistakes and four more: no resample favours it.
  const third = await train(3, imagePaths(22, 46));
  expect((await evaluate(third)).champion.runId).toBe(second);
});

test('another attempt decides alike, also when it died before the champion was set', async () => {
  await evaluate(await train(1, many));
  const second = await train(2, some);
  world.tracker.failNext('setChampion', new ServiceUnavailableError('MLflow: 503'));
  await expect(evaluate(second)).rejects.toMatchObject({ nonRetryable: false });
  const asked = world.runner.classified.length;
  const result = await evaluate(second);
  expect(result.champion).toMatchObject({
    runId: second,
    reason: expect.stringContaining("cycle 1's model"),
  });
  expect(world.tracker.champion('glyphs')).toBe(second);
  expect(world.runner.classified).toHaveLength(asked);
});

test('a person may choose the champion', async () => {
  const first = await train(1, some);
  await evaluate(first);
  await evaluate(await train(2, some));
  world.tracker.moveChampion('glyphs', first);
  const third = await train(3, many);
  expect((await evaluate(third)).champion).toMatchObject({ runId: first, cycle: 1 });
});

test('a champion whose model is gone makes room', async () => {
  const first = await train(1, some);
  await evaluate(first);
  world.tracker.run(first).artifacts.clear();
  await world.loseDisk();
  const second = await train(2, many);
  const { champion } = await evaluate(second);
  expect(champion.runId).toBe(second);
  expect(champion.reason).toBe(
    `without a rival, as cycle 1's model cannot be had: MLflow: run ${first} has no artifact model/model.json.`,
  );
});

test('a server without a registry has a champion too', async () => {
  Object.defineProperty(world, 'tracker', { value: new FakeExperimentTracker({ hasRegistry: false }) });
  const first = await train(1, some);
  await evaluate(first);
  expect((await evaluate(await train(2, many))).champion.runId).toBe(first);
});
