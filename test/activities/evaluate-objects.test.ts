import { evaluateModelActivity } from '../../activities/evaluate-model.ts';
import { trainModelActivity } from '../../activities/train-model.ts';
import { annotationBlob } from '../../core/annotation-blob.ts';
import { answersOf, type LabelScheme } from '../../core/answers/answers.ts';
import type { Detection } from '../../core/detection.ts';
import type { ImageObject } from '../../core/formats/annotated-image.ts';
import { AnnotatedWorld, classes, rootUrl } from '../support/annotated-world.ts';
import { loopSpec } from '../support/loop-specs.ts';
import { runActivity } from '../support/run-activity.ts';

let world: AnnotatedWorld;
let runId: string;
const datasource = { id: '1', name: 'glyphs', rootUrl };
const startTimeMs = 1_700_000_000_000;

/** 0–1 train, 2–3 validation, 4–7 the hold-out; each with one cat, left, and one dog, right, of images of 100 × 80 pixels. */
async function trainedWorld(task: 'detection' | 'segmentation'): Promise<LabelScheme> {
  const scheme: LabelScheme = { task, classes };
  world = await AnnotatedWorld.create(8);
  await world.set(0, 2, { split: 'train' });
  await world.set(2, 4, { split: 'valid', selectedAs: 'validation' });
  await world.set(4, 8, { split: 'test', selectedAs: 'hold-out' });
  const objects: ImageObject[] = [
    { label: 'cat', shape: { kind: 'box', boxPx: [10, 10, 20, 20] } },
    { label: 'dog', shape: { kind: 'box', boxPx: [60, 10, 20, 20] } },
  ];
  const truth = { objects, sizePx: { width: 100, height: 80 } };
  await world.engine.updateMetadata({
    datasourceId: '1',
    entries: world.paths.map((path) => ({
      path,
      key: 'annotation',
      valueType: 'BLOB',
      value: annotationBlob({
        imageUrl: world.engine.downloadUrl({ rootUrl, path }),
        annotation: { result: answersOf(scheme).resultOf({ path, truth }) },
      }),
    })),
  });
  const trained = await runActivity(trainModelActivity(world).trainModel, {
    workflowId: 'wf',
    repo: 'team/pets',
    loop: 'glyphs',
    cycle: 1,
    datasource,
    scheme,
    seed: 1,
    training: loopSpec().training,
    startTimeMs,
  });
  runId = trained.runId;
  return scheme;
}
afterEach(() => world.remove());

function evaluate(scheme: LabelScheme) {
  const input = { loop: 'glyphs', runId, datasource, scheme, seed: 1, startTimeMs };
  return runActivity(evaluateModelActivity(world).evaluateModel, input);
}

function report(): { classes: unknown[]; confusionMatrix: unknown } {
  const bytes = world.tracker.run(runId).artifacts.get('evaluation.json');
  return JSON.parse(new TextDecoder().decode(bytes)) as { classes: unknown[]; confusionMatrix: unknown };
}

const cat: Detection = { label: 'cat', score: 0.9, boxPx: [10, 10, 20, 20] };
/** Shifted by 4 of 20 pixels: overlaps by 16 / 24 = 0.67, enough for the thresholds 0.5 to 0.65, four of ten. */
const shiftedDog: Detection = { label: 'dog', score: 0.8, boxPx: [64, 10, 20, 20] };

test('measures boxes by mAP, overall and by class', async () => {
  const scheme = await trainedWorld('detection');
  world.runner.detections = () => [cat, shiftedDog];
  expect(await evaluate(scheme)).toEqual({
    holdOut: 4,
    metric: { name: 'mAP@.5', value: 1, low: 1, high: 1 },
    others: { 'mAP@.5:.95': 0.7 },
    unreadable: 0,
    champion: { runId, cycle: 1, reason: 'the first model' },
  });
  const { metrics, artifacts } = world.tracker.run(runId);
  expect(Object.fromEntries(metrics.map(({ key, value }) => [key, value]))).toMatchObject({
    holdout_map_50: 1,
    holdout_map_50_low: 1,
    holdout_map_50_95: expect.closeTo(0.7, 9),
    holdout_images: 4,
  });
  expect(report().classes).toMatchObject([
    { name: 'cat', truths: 4, 'AP@.5': { value: 1, low: 1, high: 1 }, 'AP@.5:.95': 1 },
    { name: 'dog', truths: 4, 'AP@.5': { value: 1 }, 'AP@.5:.95': 0.4 },
  ]);
  expect([...artifacts.keys()]).toEqual(
    expect.arrayContaining(['plots/confusion-matrix.png', 'plots/precision-recall.png']),
  );
});

test('what is taken for another class, missed or seen where nothing is stands in the confusion matrix', async () => {
  const scheme = await trainedWorld('detection');
  // The dog is taken for a cat, the cat is missed, and a dog is seen in the corner; the model is not sure enough of a second one.
  world.runner.detections = () => [
    { label: 'cat', score: 0.9, boxPx: [60, 10, 20, 20] },
    { label: 'dog', score: 0.6, boxPx: [0, 60, 10, 10] },
    { label: 'dog', score: 0.2, boxPx: [10, 10, 20, 20] },
  ];
  await evaluate(scheme);
  expect(report().confusionMatrix).toEqual({
    classes: ['cat', 'dog', 'background'],
    score: 0.25,
    counts: [
      [0, 0, 4],
      [4, 0, 0],
      [0, 4, 0],
    ],
  });
});

test('measures outlines by their pixels', async () => {
  const scheme = await trainedWorld('segmentation');
  // A triangle in a square's box: the boxes are the same, the pixels overlap by half at most.
  const triangle = [60, 10, 80, 10, 60, 30];
  const square = [10, 10, 30, 10, 30, 30, 10, 30];
  world.runner.detections = () => [
    { ...cat, ringsPx: [square] },
    { label: 'dog', score: 0.8, boxPx: [60, 10, 20, 20], ringsPx: [triangle] },
  ];
  const { others } = await evaluate(scheme);
  // pycocotools 2.0.11: the triangle has 190 of the square's 400 pixels, an overlap of 0.475.
  expect(others['mAP@.5:.95']).toBe(0.5);
  expect(report().classes).toMatchObject([{ 'AP@.5:.95': 1 }, { 'AP@.5': { value: 0 }, 'AP@.5:.95': 0 }]);
});

test('a hold-out without any object tells nothing, and is no error', async () => {
  const scheme = await trainedWorld('detection');
  const result = answersOf(scheme).resultOf({ path: '', truth: { objects: [], sizePx: null } });
  await world.engine.updateMetadata({
    datasourceId: '1',
    entries: world.paths.slice(4).map((path) => ({
      path,
      key: 'annotation',
      valueType: 'BLOB',
      value: annotationBlob({ imageUrl: path, annotation: { result } }),
    })),
  });
  const first = await evaluate(scheme);
  expect(first.metric).toEqual({ name: 'mAP@.5', value: 0, low: 0, high: 1 });
  expect(await evaluate(scheme)).toEqual(first);
});
