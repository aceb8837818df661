import { evaluateModelActivity } from '../../activities/evaluate-model.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { DomainError, ServiceUnavailableError } from '../../core/errors.ts';
import { AnnotatedWorld, rootUrl, scheme } from '../support/annotated-world.ts';
import { runActivity, startActivity } from '../support/run-activity.ts';
import { trainingInput } from '../support/training-input.ts';

let world: AnnotatedWorld;
let runId: string;
const { startTimeMs } = trainingInput;

/** Image `index` is a cat when even; 0–3 train, 4–5 validation, from 6 on the hold-out. */
async function trainedWorld(images: number, pages = { pageImages: 5 }): Promise<void> {
  world = await AnnotatedWorld.create(images, pages);
  await world.set(0, 4, { split: 'train' });
  await world.set(4, 6, { split: 'valid', selectedAs: 'validation' });
  await world.set(6, images, { split: 'test', selectedAs: 'hold-out' });
  await world.annotate(0, images);
  const trained = await runActivity(trainModelActivity(world).trainModel, trainingInput);
  runId = trained.runId;
}
afterEach(() => world.remove());

function input() {
  return { loop: 'glyphs', runId, datasource: { id: '1', rootUrl }, scheme, seed: 1, startTimeMs };
}

function evaluate() {
  return runActivity(evaluateModelActivity(world).evaluateModel, input());
}

function artifact(path: string): unknown {
  return JSON.parse(new TextDecoder().decode(world.tracker.run(runId).artifacts.get(path)));
}

/** Right for every cat, wrong for the dogs named. */
function mistaken(dogs: readonly string[]) {
  world.runner.probabilities = (path) => {
    const isDog = Number(path.slice(0, -4)) % 2 === 1 && !dogs.includes(path);
    return isDog ? [0.2, 0.8] : [0.9, 0.1];
  };
}

test('measures the annotated hold-out alone, and logs it to the run', async () => {
  await trainedWorld(16);
  // Hold-out: 5 cats, 5 dogs; one dog taken for a cat: recalls 1 and 0.8.
  mistaken(['07.png']);
  const result = await evaluate();
  expect(result).toMatchObject({
    holdOut: 10,
    metric: { name: 'macro recall', value: 0.9, high: 1 },
    others: { accuracy: 0.9 },
    unreadable: 0,
  });
  expect(result.metric.low).toBeLessThan(0.9);
  expect(world.runner.classified.sort()).toEqual(world.paths.slice(6));
  const { metrics } = world.tracker.run(runId);
  expect(metrics).toContainEqual({
    key: 'holdout_macro_recall',
    value: 0.9,
    step: 0,
    timestampMs: startTimeMs,
  });
  expect(artifact('evaluation.json')).toMatchObject({
    classes: [
      { name: 'cat', truths: 5, precision: { value: 5 / 6 }, recall: { value: 1 } },
      // statsmodels 0.14.5, proportion_confint(4, 5, method='wilson').
      {
        name: 'dog',
        truths: 5,
        precision: { value: 1 },
        recall: { value: 0.8, low: expect.closeTo(0.37553462976252533, 9) },
      },
    ],
    confusionMatrix: [
      [5, 0],
      [1, 4],
    ],
  });
});

test('leaves the confusion matrix and the precision-recall curves as pictures', async () => {
  await trainedWorld(16);
  mistaken(['07.png']);
  await evaluate();
  const { data } = artifact('plots/confusion-matrix.png') as { data: { values: unknown[] } };
  expect(data.values).toContainEqual({ truth: 'dog', predicted: 'cat', count: 1, share: 0.2 });
  const curves = artifact('plots/precision-recall.png') as {
    data: { values: { name: string; recall: number; precision: number }[] };
  };
  // Dogs by their probability: four at 0.8, then five cats and a dog at 0.1, of which by path one cat comes before the dog.
  const dogs = curves.data.values.filter(({ name }) => name === 'dog');
  expect(dogs.find(({ recall }) => recall === 0.8)?.precision).toBeCloseTo(1, 9);
  expect(dogs.at(-1)?.precision).toBeCloseTo(5 / 6, 9);
});

test('measures once: a second call answers from the run', async () => {
  await trainedWorld(16);
  const first = await evaluate();
  expect(await evaluate()).toEqual(first);
  expect(world.runner.classified).toHaveLength(10);
});

test('leaves out images that are gone or broken, and counts them', async () => {
  await trainedWorld(16);
  mistaken([]);
  world.engine.addImage(rootUrl, '06.png', new TextEncoder().encode('broken'));
  const fetch = world.engine.fetchImage.bind(world.engine);
  world.engine.fetchImage = (image, signal) =>
    image.path === '07.png' ? Promise.reject(new DomainError('gone')) : fetch(image, signal);
  expect(await evaluate()).toMatchObject({ holdOut: 8, metric: { value: 1 }, unreadable: 2 });
});

test("reads the model's classes by name, not by place", async () => {
  await trainedWorld(16);
  const load = world.runner.load.bind(world.runner);
  world.runner.load = async (folder) => {
    const model = await load(folder);
    return {
      ...model,
      classes: ['dog', 'cat'],
      classify: async (items, signal) =>
        (await model.classify(items, signal)).map((one) =>
          'probabilities' in one ? { ...one, probabilities: [...one.probabilities].reverse() } : one,
        ),
    };
  };
  mistaken([]);
  expect(await evaluate()).toMatchObject({ metric: { value: 1 } });
});

test('holds no more than 64 images at a time', async () => {
  await trainedWorld(99, { pageImages: 1000 });
  expect(await evaluate()).toMatchObject({ holdOut: 93 });
  expect(world.runner.mostImages).toBe(64);
});

test('a hold-out without annotation is final', async () => {
  await trainedWorld(8);
  await world.set(6, 8, { selectedAs: 'first' });
  await expect(evaluate()).rejects.toMatchObject({
    nonRetryable: true,
    message: 'No hold-out image is annotated; the model cannot be measured.',
  });
});

test('a tracker that is away is asked again, and cancelling stops', async () => {
  await trainedWorld(16);
  world.tracker.failNext('getRun', new ServiceUnavailableError('MLflow: 503', { retryAfterMs: 100 }));
  await expect(evaluate()).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: 100 });
  const run = startActivity(evaluateModelActivity(world).evaluateModel, input());
  run.cancel();
  await expect(run.result).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(world.tracker.run(runId).tags).not.toHaveProperty('labelloop.evaluated');
});
