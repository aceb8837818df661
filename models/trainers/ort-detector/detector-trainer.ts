import { InferenceSession, Tensor } from 'onnxruntime-node';
import { objectReader } from '../../runner/object-reader.ts';
import { sessionWith } from '../../runner/session-options.ts';
import { Passes } from '../learning/passes.ts';
import { floats, vector } from '../learning/step-session.ts';
import { stream } from '../learning/stream.ts';
import type { FinishedModel, Learner, Look, Trainer } from '../process/learner.ts';
import type { OpenJob } from '../process/read-job.ts';
import { TrainerExit } from '../process/trainer-exit.ts';
import { augmented, type Scene } from './augment.ts';
import { readBoxedImages, type BoxedImages } from './boxed-images.ts';
import { detectorCard, thresholds } from './detector-card.ts';
import { foundObjects, type FoundObject } from './found-objects.ts';
import { detectorEvaluationGraph, detectorGraph, detectorTrainingGraph } from './graphs.ts';
import { map50 } from './map50.ts';
import { maskTargets } from './mask-targets.ts';
import { gridOf, networkParameters, type Grid, type NetworkShape } from './network.ts';
import { detectorParams, isAugmented, type DetectorParams } from './params.ts';
import { targetsOf } from './targets.ts';

const evaluationBatch = 16;
/** Objects of the card's self-test at most, the surest. */
const testedObjects = 10;
/** Prototypes of a network that segments. */
const prototypes = 8;

/** A small anchor-free detector, with masks where the task asks for them, from scratch or from an earlier model of its own. */
export const detectorTrainer: Trainer<DetectorParams> = {
  name: 'ort-detector',
  version: '1',
  tasks: ['detection', 'segmentation'],
  leastClasses: 1,
  params: detectorParams,
  async open(opened, pulse) {
    const { job, params } = opened;
    const shape: NetworkShape = {
      input: job.input,
      width: params.width,
      classes: job.classes.length,
      prototypes: job.task === 'segmentation' ? prototypes : 0,
    };
    checkSides(shape);
    const train = await readBoxedImages(opened, job.train, pulse);
    const valid = await readBoxedImages(opened, job.valid, pulse);
    const graph = detectorEvaluationGraph(shape);
    const evaluation = await InferenceSession.create(graph, sessionWith(job.limits.threads));
    return new DetectorLearner(opened, shape, { train, valid }, evaluation);
  },
};

/** The runner stretches the prototypes over the whole input. */
function checkSides(shape: NetworkShape): void {
  const { width, height } = shape.input;
  const { stridePx } = gridOf(shape);
  if (shape.prototypes > 0 && (width % stridePx !== 0 || height % stridePx !== 0))
    throw new TrainerExit(
      'parameter',
      `The input is ${width}x${height}; for masks its sides must be multiples of ${stridePx}.`,
    );
}

class DetectorLearner implements Learner {
  readonly parameters;
  readonly trainingGraph;
  readonly #opened: OpenJob<DetectorParams>;
  readonly #shape: NetworkShape;
  readonly #grid: Grid;
  readonly #sets: { train: BoxedImages; valid: BoxedImages };
  readonly #evaluation: InferenceSession;
  readonly #passes: Passes;

  constructor(
    opened: OpenJob<DetectorParams>,
    shape: NetworkShape,
    sets: { train: BoxedImages; valid: BoxedImages },
    evaluation: InferenceSession,
  ) {
    this.#opened = opened;
    this.#shape = shape;
    this.#grid = gridOf(shape);
    this.#sets = sets;
    this.#evaluation = evaluation;
    this.#passes = new Passes(sets.train.ids.length, opened.job.seed);
    this.parameters = networkParameters(shape);
    this.trainingGraph = detectorTrainingGraph(shape, opened.params.batch, opened.params.weightDecay);
  }

  batchAt(step: number): Record<string, Tensor> {
    const { job, params } = this.#opened;
    const { train } = this.#sets;
    const random = stream(job.seed, `augment/${step}`);
    const places = this.#passes.at(step, params.batch);
    const scenes = places.map((place): Scene => {
      const scene = { pixels: this.#pixelsOf(train, place), boxes: train.boxes[place] ?? [] };
      return isAugmented(params, job.input) ? augmented(scene, job.input, random) : scene;
    });
    return this.#feeds(
      scenes,
      places.map((place) => train.weights[place] ?? 1),
    );
  }

  async look(value: Float32Array, pulse: () => void): Promise<Look | null> {
    const { valid } = this.#sets;
    const count = valid.ids.length;
    if (count === 0) return null;
    let [lossSum, weightSum] = [0, 0];
    const found: FoundObject[][] = [];
    for (let start = 0; start < count; start += evaluationBatch) {
      pulse();
      const places = Array.from(
        { length: Math.min(evaluationBatch, count - start) },
        (_, row) => start + row,
      );
      const scenes = places.map((place) => ({
        pixels: this.#pixelsOf(valid, place),
        boxes: valid.boxes[place] ?? [],
      }));
      const weights = places.map((place) => valid.weights[place] ?? 1);
      const answer = await this.#evaluation.run({ ...this.#feeds(scenes, weights), value: vector(value) });
      // The loss is by object; batches count by their objects.
      const objects = Math.max(1, floats(answer['objects'])[0] ?? NaN);
      lossSum += (floats(answer['loss'])[0] ?? NaN) * objects;
      weightSum += objects;
      for (const row of rowsOf(answer['output0'])) found.push(foundObjects(row, this.#shape, thresholds));
    }
    return {
      loss: lossSum / weightSum,
      metrics: { valid_map50: map50(found, valid.boxes, this.#shape.classes) },
    };
  }

  async finish(value: Float32Array): Promise<FinishedModel> {
    const model = detectorGraph(this.#shape, value);
    const { job } = this.#opened;
    const { input, output } = detectorCard(this.#shape);
    const manifest = this.#sets.valid.ids.length > 0 ? 'valid' : 'train';
    const set = this.#sets[manifest];
    // An image in which there is something to find says more.
    const index = Math.max(
      0,
      set.boxes.findIndex(({ length }) => length > 0),
    );
    const session = await InferenceSession.create(model, sessionWith(1));
    const { images } = this.#feeds([{ pixels: this.#pixelsOf(set, index), boxes: [] }], [1]);
    const outputs = await session.run({ images: images as Tensor });
    await session.release();
    const { width: widthPx, height: heightPx } = set.sizesPx[index] ?? job.input;
    const { classes } = job;
    const [said] = objectReader({ classes, input, output }).read([outputs], [{ widthPx, heightPx }]);
    const detections = (said?.detections ?? []).slice(0, testedObjects).map(({ label, score, boxPx }) => ({
      class: classes.indexOf(label),
      score,
      box: [...boxPx] as [number, number, number, number],
    }));
    const selftest = { manifest, index, id: set.ids[index] ?? '', detections, tolerance: 0.01 } as const;
    return { model, card: { input, output, selftest } };
  }

  async close(): Promise<void> {
    await this.#evaluation.release();
  }

  #pixelsOf({ pixels }: BoxedImages, place: number): Uint8Array {
    const { width, height, channels } = this.#shape.input;
    const size = width * height * channels;
    return pixels.subarray(place * size, (place + 1) * size);
  }

  #feeds(scenes: readonly Scene[], weights: readonly number[]): Record<string, Tensor> {
    const { width, height, channels } = this.#shape.input;
    const { rows, columns } = this.#grid;
    const count = scenes.length;
    const images = new Uint8Array(count * width * height * channels);
    for (const [row, { pixels }] of scenes.entries()) images.set(pixels, row * pixels.length);
    const boxes = scenes.map((scene) => scene.boxes);
    const { classes, distances, hasObject, owners } = targetsOf(boxes, this.#grid, this.#shape.classes);
    return {
      images: new Tensor('uint8', images, [count, height, width, channels]),
      classes: new Tensor('float32', classes, [count, this.#shape.classes, rows, columns]),
      distances: new Tensor('float32', distances, [count, 4, rows, columns]),
      has_object: new Tensor('float32', hasObject, [count, 1, rows, columns]),
      weights: new Tensor('float32', Float32Array.from(weights), [count, 1, 1, 1]),
      ...(this.#shape.prototypes > 0 && this.#maskFeeds(boxes, owners, weights)),
    };
  }

  #maskFeeds(
    boxes: readonly Scene['boxes'][],
    owners: Int32Array,
    weights: readonly number[],
  ): Record<string, Tensor> {
    const targets = maskTargets(boxes, owners, weights, this.#grid, this.#shape.input);
    const dims = [boxes.length, targets.masks, this.#grid.rows * this.#grid.columns];
    const { chosen, inside, covered } = targets;
    return {
      chosen: new Tensor('float32', chosen, dims),
      inside: new Tensor('float32', inside, dims),
      covered: new Tensor('float32', covered, dims),
    };
  }
}

/** Each image's answer, flat. */
function rowsOf(tensor: Tensor | undefined): Float32Array[] {
  const data = floats(tensor);
  const count = tensor?.dims[0] ?? 1;
  return Array.from({ length: count }, (_, row) =>
    data.slice((row * data.length) / count, ((row + 1) * data.length) / count),
  );
}
