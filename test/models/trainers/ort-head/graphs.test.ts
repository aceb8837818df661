/** @jest-environment ./test/models/native-arrays-environment.ts */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { readBackbone } from '../../../../models/trainers/ort-head/backbone.ts';
import {
  headParameters,
  headTrainingGraph,
  headedModel,
} from '../../../../models/trainers/ort-head/graphs.ts';
import { headOf, middleOf, scaled } from '../../../../models/trainers/ort-head/scaled-embeddings.ts';
import { lengthOf } from '../../../../models/trainers/learning/parameters.ts';
import { StepSession } from '../../../../models/trainers/learning/step-session.ts';
import { initialState } from '../../../../models/trainers/learning/training-state.ts';
import { backboneFolder, meansAndClasses } from './small-backbones.ts';

const x = [
  [0.5, -1.2, 0.3],
  [1.1, 0.4, -0.7],
  [-0.9, 0.8, 1.5],
  [0.2, 0.1, -1.3],
  [-1.4, -0.6, 0.9],
  [0.7, 1.6, 0.2],
  [-0.3, -1.8, -0.5],
  [1.9, -0.2, 0.6],
  [-0.8, 1.1, -1.1],
];
const labels = [0, 1, 2, 0, 1, 2, 0, 1, 2];
const weights = [1, 1, 1, 2, 1, 1, 1, 0.5, 1];

/** Probabilities of the first three, by scikit-learn 1.9.1: LogisticRegression(C=1/(l2 * 9.5), tol=1e-12) with these sample weights. */
const expected = [
  [
    [0.77852, 0.22108, 0.0004],
    [0.28506, 0.6205, 0.09445],
    [0.00005, 0.1051, 0.89485],
  ],
  [
    [0.56468, 0.32629, 0.10903],
    [0.44927, 0.29185, 0.25889],
    [0.11234, 0.27325, 0.6144],
  ],
];

test('heads of two L2 strengths, learnt side by side, are each the one that scikit-learn finds', async () => {
  const shape = { numbers: 3, classes: 3, strengths: [0.01, 0.3] };
  const session = await StepSession.open(headTrainingGraph(shape, x.length), 1);
  const batch = {
    embeddings: new Tensor('float32', Float32Array.from(x.flat()), [9, 3]),
    targets: new Tensor(
      'float32',
      Float32Array.from(labels.flatMap((one) => [0, 1, 2].map((c) => Number(c === one)))),
      [9, 3, 1],
    ),
    weights: new Tensor('float32', Float32Array.from(weights), [9, 1, 1]),
  };
  let state = initialState(new Float32Array(lengthOf(headParameters(shape))));
  const steps = 1500;
  for (let step = 0; step < steps; step++)
    ({ state } = await session.step(state, batch, 0.05 * 0.5 * (1 + Math.cos((Math.PI * step) / steps))));
  await session.close();
  const plain = { mean: new Float64Array(3), spread: 1 };
  for (const [place, rows] of expected.entries()) {
    const { weight, bias } = headOf(state.value, shape, place, plain, 1);
    for (const [row, probabilities] of rows.entries()) {
      const powers = [0, 1, 2].map((c) =>
        Math.exp(bias[c]! + x[row]!.reduce((sum, one, at) => sum + one * weight[at * 3 + c]!, 0)),
      );
      const total = powers.reduce((sum, one) => sum + one);
      expect(powers.map((one) => one / total)).toEqual(
        probabilities.map((one) => expect.closeTo(one, 3) as number),
      );
    }
  }
});

test('a head that learnt scaled embeddings says the same of plain ones, its certainty divided by the temperature', () => {
  // Means 2 and 6; distances from them −1, 1, −3, 3, so a spread of √5.
  const embeddings = Float32Array.of(1, 3, 3, 9);
  const middle = middleOf(embeddings, 2);
  expect([Array.from(middle.mean), middle.spread]).toEqual([[2, 6], Math.sqrt(5)]);
  const shape = { numbers: 2, classes: 1, strengths: [1, 2] };
  // Of two heads side by side the second: weights 4 and 6, bias 1.
  const { weight, bias } = headOf(Float32Array.of(0, 4, 0, 6, 0, 1), shape, 1, middle, 2);
  const [near, far] = scaled(embeddings, middle);
  expect(weight[0]! * 1 + weight[1]! * 3 + bias[0]!).toBeCloseTo((near! * 4 + far! * 6 + 1) / 2, 5);
});

test('a model with a head has the embedding as an output, also on a backbone that has a head itself', async () => {
  const first = await backboneFolder(meansAndClasses(['n', 4, 4, 3], 'uint8'));
  const head = { weight: Float32Array.of(1, 0, 0, 1, 0, 0), bias: Float32Array.of(0, 0) };
  const once = headedModel(
    (await readBackbone(first, { width: 4, height: 4, channels: 3 })).model,
    'vector',
    head,
  );
  expect([once.probabilities, once.embedding]).toEqual(['probabilities', 'embedding']);

  const second = await backboneFolder(once.bytes, { output: { embedding: 'probabilities' } });
  const { model } = await readBackbone(second, { width: 4, height: 4, channels: 3 });
  const onTop = { weight: Float32Array.of(2, 0, 0, 2), bias: Float32Array.of(0, 1) };
  const twice = headedModel(model, 'vector', onTop);
  const session = await InferenceSession.create(twice.bytes);
  const pixels = Uint8Array.from({ length: 48 }, (_, at) => [3, 1, 9][at % 3]!);
  const outputs = await session.run({ pixels: new Tensor('uint8', pixels, [1, 4, 4, 3]) });
  await session.release();
  // softmax(3, 1) below, and 2p + (0, 1) above it: σ(2) = 0.880797; σ(2 · (0.880797 − 0.119203) − 1) = 0.627893.
  const told = Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [name, (data as Float32Array)[0]]),
  );
  expect(told).toEqual({
    [twice.embedding]: expect.closeTo(0.880797, 5) as number,
    [twice.probabilities]: expect.closeTo(0.627893, 5) as number,
  });
  const names = fromBinary(ModelProtoSchema, twice.bytes).graph!.node.flatMap(({ output }) => output);
  expect(new Set(names).size).toBe(names.length);
  expect(names).not.toContain('classes');
});
