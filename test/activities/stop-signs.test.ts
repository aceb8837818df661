import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateModelActivity, type EvaluateModelInput } from '../../activities/evaluate-model.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { ServiceUnavailableError } from '../../core/errors.ts';
import { stopSchema, type LoopSpec } from '../../core/loop-spec.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
/** Images that a cycle's model takes for the other class. */
let mistakes: Map<number, readonly string[]>;
const startTimeMs = 1_700_000_000_000;
const datasource = { id: '1', name: 'glyphs', rootUrl };

/** Image `index` is a cat when even. 00 to 09 train, 10 to 19 the stop set, of which two validate; 20 to 59 the hold-out. */
beforeEach(async () => {
  mistakes = new Map();
  world = await AnnotatedWorld.create(60, { pageImages: 50 });
  await world.set(0, 10, { split: 'train' });
  await world.set(10, 20, { split: 'valid' });
  await world.set(10, 12, { selectedAs: 'validation' });
  await world.set(20, 60, { split: 'test', selectedAs: 'hold-out' });
  await world.annotate(0, 60);
  const load = world.runner.load.bind(world.runner);
  world.runner.load = async (folder) => {
    const network = await readFile(join(folder, 'model.onnx'), 'utf8');
    const wrong = mistakes.get(Number(/cycle (\d+)$/.exec(network)?.[1])) ?? [];
    return {
      ...(await load(folder)),
      classify: async (items) =>
        items.map(({ id }) => {
          const isDog = (Number(id.slice(0, -4)) % 2 === 1) !== wrong.includes(id);
          return { id, probabilities: isDog ? [0, 1] : [1, 0] };
        }),
    };
  };
});
afterEach(() => world.remove());

/** Trains and measures a cycle. */
async function measured(cycle: number, wrong: readonly string[], rule: Partial<LoopSpec['stop']>) {
  const { training, seed } = loopSpec();
  const { runId } = await runActivity(trainModelActivity(world).trainModel, {
    ...{ workflowId: 'wf', repo: 'team/pets', loop: 'glyphs', cycle, datasource, scheme, seed, training },
    startTimeMs,
  });
  mistakes.set(cycle, wrong);
  const stop = stopSchema.parse(rule);
  const input: EvaluateModelInput = {
    ...{ loop: 'glyphs', runId, datasource, scheme, seed, startTimeMs },
    stop: { workflowId: 'wf', cycle, rule: stop, trainLabels: 10 * cycle, kappas: [], hours: 1 },
  };
  const result = await runActivity(evaluateModelActivity(world).evaluateModel, input);
  return { result, run: world.tracker.run(runId) };
}

function images(...numbers: number[]): string[] {
  return numbers.map((number) => `${String(number).padStart(2, '0')}.png`);
}

test('agreement with the model before is taken on the valid split, and logged with the decision', async () => {
  const rule = { agreement: { kappa: 0.5, cycles: 1 } };
  const first = await measured(1, [], rule);
  expect(first.result.signs).toEqual({ entropy: 0 });
  expect(first.run.tags['labelloop.stop']).toBe(
    'goes on: [ ] 0 of 1 agreements with the model before are known; [ ] it is cycle 1 of 10',
  );
  // Of five cats and five dogs one dog is taken for a cat: 0.9 agree, by chance 0.5·0.6 + 0.5·0.4 = 0.5 would; κ = 0.4/0.5.
  const second = await measured(2, images(11), rule);
  expect(second.result.signs).toEqual({ kappa: 0.8, entropy: 0 });
  expect(second.run.tags['labelloop.stop']).toBe(
    'ends: [x] the last 1 models agree each with the one before by κ 0.800 on average (target 0.5); [ ] it is cycle 2 of 10',
  );
  expect(second.run.metrics).toContainEqual(
    expect.objectContaining({ key: 'stop_set_kappa', value: expect.closeTo(0.8, 12) }),
  );
});

test('a plateau is reckoned from the model of so many cycles before, on the same images', async () => {
  const rule = { plateau: { cycles: 2, gain: 0.01 } };
  const wrong = images(20, 21, 22, 23);
  expect((await measured(1, wrong, rule)).result.signs).toBeUndefined();
  expect((await measured(2, [], rule)).result.signs).toBeUndefined();
  // The same answers as two cycles before: no resample shows a gain.
  const third = await measured(3, wrong, rule);
  expect(third.result.signs).toEqual({ gain: { value: 0, atMost: 0 } });
  expect(third.run.tags['labelloop.stop']).toMatch(
    /^ends: \[x\] the last 2 cycles gained \+0\.000, at most \+0\.000/,
  );
  // Ten images fewer wrong than the perfect model of cycle 2.
  const fourth = await measured(4, images(20, 21, 22, 23, 24, 25, 26, 27, 28, 29), rule);
  expect(fourth.result.signs?.gain?.value).toBe(-0.25);
  expect(fourth.result.signs?.gain?.atMost).toBeLessThan(-0.1);
});

test('an earlier run that people deleted leaves the rule unmet, and the loop alive', async () => {
  const rule = { plateau: { cycles: 1, gain: 0.01 }, agreement: { kappa: 0.9, cycles: 1 } };
  const first = await measured(1, [], rule);
  first.run.artifacts.clear();
  await world.loseDisk();
  const { result } = await measured(2, [], rule);
  expect(result.signs).toEqual({ entropy: 0 });
});

test('the random arm of the batches so far says what the strategy found beyond it', async () => {
  await world.set(0, 8, { selectedInCycle: 1, selectedAs: 'score', predLoss: 1 });
  await world.set(4, 10, { selectedInCycle: 1, predLoss: 0 });
  await world.set(8, 10, { selectedAs: 'random' });
  await world.set(12, 13, { selectedInCycle: 1, selectedAs: 'random' });
  // Asked of another person since: the cycle that chose it counts.
  await world.set(0, 1, {
    selectedInCycle: 2,
    selectedAs: 'second-opinion',
    askedBefore: '1 score answered',
  });
  const { result, run } = await measured(1, [], {});
  expect(result.signs?.arm).toMatchObject({ chosen: 0.5, random: 0 });
  const logged = Object.fromEntries(run.metrics.map(({ key, value }) => [key, value]));
  expect(logged).toMatchObject({ arm_gain: 0.5, pool_loss: 0, pool_loss_low: 0, pool_images: 2 });
  expect(logged['arm_gain_low']).toBeCloseTo(result.signs?.arm?.low ?? NaN, 4);
});

test('a service that does not give an image of the stop set is asked again: what is left of the set is not the set', async () => {
  const fetch = world.engine.fetchImageUnless.bind(world.engine);
  world.engine.fetchImageUnless = async (input, signal) => {
    if (input.path === '15.png') throw new ServiceUnavailableError('DagsHub: 503');
    return fetch(input, signal);
  };
  await expect(measured(1, [], { agreement: { kappa: 0.5, cycles: 1 } })).rejects.toMatchObject({
    message: 'DagsHub: 503',
    nonRetryable: false,
  });
  world.engine.fetchImageUnless = fetch;
  const { result } = await measured(1, [], { agreement: { kappa: 0.5, cycles: 1 } });
  expect(result.signs).toEqual({ entropy: 0 });
});
