/** @jest-environment ./test/models/native-arrays-environment.ts */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../../../core/seeded-random.ts';
import { conv2d } from '../../../../models/trainers/graph/conv2d.ts';
import { dense } from '../../../../models/trainers/graph/dense.ts';
import { flatten } from '../../../../models/trainers/graph/flatten.ts';
import type { Value } from '../../../../models/trainers/graph/graph-builder.ts';
import { maxPool2 } from '../../../../models/trainers/graph/max-pool2.ts';
import { relu } from '../../../../models/trainers/graph/relu.ts';
import { softmaxCrossEntropy } from '../../../../models/trainers/graph/softmax-cross-entropy.ts';
import { Tape } from '../../../../models/trainers/graph/tape.ts';

const random = seededRandom(7);
const batch = 3;

interface Case {
  readonly title: string;
  /** Tensors that gradients are checked for. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Values far from each other and from 0, where a kink is. */
  readonly isKinked?: boolean;
  readonly logits: (tape: Tape, tensors: Record<string, Value>) => Value;
}

const cases: Case[] = [
  {
    title: 'dense',
    tensors: { x: [batch, 5], w: [5, 4], b: [4] },
    logits: (tape, { x, w, b }) => dense(tape, x!, w!, b!),
  },
  {
    title: 'conv2d',
    tensors: { x: [batch, 2, 3, 4], w: [3, 2, 3, 3], b: [3] },
    logits: (tape, { x, w, b }) => flatten(tape, conv2d(tape, x!, w!, b!)),
  },
  {
    title: 'relu',
    tensors: { x: [batch, 6] },
    isKinked: true,
    logits: (tape, { x }) => relu(tape, x!),
  },
  {
    title: 'maxPool2 of an odd image',
    tensors: { x: [batch, 2, 5, 4] },
    isKinked: true,
    logits: (tape, { x }) => flatten(tape, maxPool2(tape, x!)),
  },
  {
    title: 'a value that is used twice',
    tensors: { x: [batch, 4], w: [4, 4], b: [4] },
    logits: (tape, { x, w, b }) => dense(tape, dense(tape, x!, w!, b!), w!, b!),
  },
];

test.each(cases)('the gradient of $title is the slope of the loss', async ({ tensors, isKinked, logits }) => {
  const values = Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => [
      name,
      isKinked ? spread(size(shape)) : noise(size(shape)),
    ]),
  );
  const session = await lossSession(tensors, logits);
  const { gradients } = await run(session, tensors, values);
  for (const [name, value] of Object.entries(values)) {
    const slopes: number[] = [];
    for (const index of value.keys()) {
      const moved = async (by: number): Promise<number> => {
        const other = Float32Array.from(value);
        other[index]! += by;
        return (await run(session, tensors, { ...values, [name]: other })).loss;
      };
      slopes.push(((await moved(0.01)) - (await moved(-0.01))) / 0.02);
    }
    const largest = Math.max(...slopes.map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    for (const [index, slope] of slopes.entries())
      expect(Math.abs(gradients[name]![index]! - slope)).toBeLessThan(0.003 * largest + 1e-5);
  }
});

test('a loss that does not depend on a parameter is refused', () => {
  const tape = new Tape();
  const x = tape.parameter(tape.graph.input('x', 'float32', [1]));
  expect(() => tape.gradients(tape.graph.scalar(1), [x])).toThrow('does not depend on x');
});

async function lossSession(tensors: Case['tensors'], logits: Case['logits']): Promise<InferenceSession> {
  const tape = new Tape();
  const { graph } = tape;
  const values = Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => [
      name,
      tape.parameter(graph.input(name, 'float32', shape)),
    ]),
  );
  const answer = logits(tape, values);
  const targets = graph.input('targets', 'float32', answer.shape);
  const weights = graph.input('weights', 'float32', [batch, 1]);
  const loss = softmaxCrossEntropy(tape, answer, targets, weights);
  graph.output(loss, 'loss');
  for (const [index, gradient] of tape.gradients(loss, Object.values(values)).entries())
    graph.output(gradient, `gradient_${Object.keys(values)[index]!}`);
  return InferenceSession.create(graph.build('test'), { logSeverityLevel: 3 });
}

async function run(
  session: InferenceSession,
  tensors: Case['tensors'],
  values: Readonly<Record<string, Float32Array>>,
): Promise<{ loss: number; gradients: Record<string, Float32Array> }> {
  const metadata = session.inputMetadata.find(({ name }) => name === 'targets');
  if (!metadata?.isTensor) throw new Error('no targets');
  const dims = metadata.shape.map(Number);
  const targets = new Float32Array(size(dims));
  for (let row = 0; row < batch; row++) targets[row * dims[1]! + row] = 1;
  const result = await session.run({
    ...Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, new Tensor('float32', value, tensors[name])]),
    ),
    targets: new Tensor('float32', targets, dims),
    weights: new Tensor('float32', Float32Array.of(1, 2, 0.5), [batch, 1]),
  });
  const data = (name: string): Float32Array => result[name]!.data as Float32Array;
  return {
    loss: data('loss')[0]!,
    gradients: Object.fromEntries(Object.keys(values).map((name) => [name, data(`gradient_${name}`)])),
  };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, () => random() - 0.5);
}

/** Shuffled multiples of 0.1, moved by 0.05: no two within a step of each other, none within a step of 0. */
function spread(length: number): Float32Array {
  const order = Array.from({ length }, (_, index) => ({ index, place: random() }));
  order.sort((a, b) => a.place - b.place);
  return Float32Array.from(order, ({ index }) => (index - length / 2) * 0.1 + 0.05);
}
