/** @jest-environment ./test/models/native-arrays-environment.ts */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '../../../../core/seeded-random.ts';
import { addUpsampled } from '../../../../models/trainers/graph/add-upsampled.ts';
import { batchNorm } from '../../../../models/trainers/graph/batch-norm.ts';
import { boxOverlapLoss } from '../../../../models/trainers/graph/box-overlap-loss.ts';
import { cappedExp } from '../../../../models/trainers/graph/capped-exp.ts';
import { conv2d } from '../../../../models/trainers/graph/conv2d.ts';
import { dense } from '../../../../models/trainers/graph/dense.ts';
import { flatten } from '../../../../models/trainers/graph/flatten.ts';
import type { Value } from '../../../../models/onnx/value-info.ts';
import { maskLoss } from '../../../../models/trainers/graph/mask-loss.ts';
import { l2Penalty } from '../../../../models/trainers/graph/l2-penalty.ts';
import { maxPool2 } from '../../../../models/trainers/graph/max-pool2.ts';
import { qualityFocalLoss } from '../../../../models/trainers/graph/quality-focal-loss.ts';
import { relu } from '../../../../models/trainers/graph/relu.ts';
import { softmaxCrossEntropy } from '../../../../models/trainers/graph/softmax-cross-entropy.ts';
import { Tape } from '../../../../models/trainers/graph/tape.ts';
import { weightedSum } from '../../../../models/trainers/graph/weighted-sum.ts';

const random = seededRandom(7);
const batch = 3;

interface Case {
  readonly title: string;
  /** Tensors that gradients are checked for. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Values far from each other and from 0, where a kink is. */
  readonly isKinked?: boolean;
  /** What the loss is made of: logits by default, or the loss itself. */
  readonly isLoss?: boolean;
  readonly answer: (tape: Tape, tensors: Record<string, Value>) => Value;
}

const cases: Case[] = [
  {
    title: 'dense',
    tensors: { x: [batch, 5], w: [5, 4], b: [4] },
    answer: (tape, { x, w, b }) => dense(tape, x!, w!, b!),
  },
  {
    title: 'conv2d',
    tensors: { x: [batch, 2, 3, 4], w: [3, 2, 3, 3], b: [3] },
    answer: (tape, { x, w, b }) => flatten(tape, conv2d(tape, x!, w!, b!)),
  },
  {
    title: 'conv2d in strides of 2 over odd and even sides, without bias',
    tensors: { x: [batch, 2, 5, 4], w: [3, 2, 3, 3] },
    answer: (tape, { x, w }) => flatten(tape, conv2d(tape, x!, w!, null, 2)),
  },
  {
    title: 'conv2d of single places',
    tensors: { x: [batch, 3, 2, 2], w: [2, 3, 1, 1], b: [2] },
    answer: (tape, { x, w, b }) => flatten(tape, conv2d(tape, x!, w!, b!)),
  },
  {
    title: 'batchNorm',
    tensors: { x: [batch, 2, 3, 2], scale: [2], shift: [2] },
    answer: (tape, { x, scale, shift }) => flatten(tape, batchNorm(tape, x!, scale!, shift!).y),
  },
  {
    title: 'addUpsampled',
    tensors: { fine: [batch, 2, 4, 2], coarse: [batch, 2, 2, 1] },
    answer: (tape, { fine, coarse }) => flatten(tape, addUpsampled(tape, fine!, coarse!)),
  },
  {
    title: 'l2Penalty',
    tensors: { x: [batch, 4] },
    isLoss: true,
    answer: (tape, { x }) =>
      l2Penalty(tape, x!, tape.graph.initializer('strengths', Float32Array.of(0, 1, 0.5, 3), [4])),
  },
  {
    title: 'cappedExp',
    tensors: { x: [batch, 4] },
    answer: (tape, { x }) => cappedExp(tape, x!, 10),
  },
  {
    title: 'qualityFocalLoss',
    tensors: { x: [batch, 1, 2, 3] },
    isLoss: true,
    answer: (tape, { x }) => {
      const qualities = tape.graph.initializer('qualities', noise(18).map(Math.abs), [batch, 1, 2, 3]);
      const weights = tape.graph.initializer('image_weights', Float32Array.of(1, 2, 0.5), [batch, 1, 1, 1]);
      return qualityFocalLoss(tape, x!, qualities, weights);
    },
  },
  {
    title: 'boxOverlapLoss, and of a weighted sum',
    tensors: { x: [batch, 4, 1, 2] },
    isKinked: true,
    isLoss: true,
    answer: (tape, { x }) => {
      const truth = tape.graph.initializer('truth', new Float32Array(24).fill(1), [batch, 4, 1, 2]);
      const weights = tape.graph.initializer('places', Float32Array.of(1, 0, 2, 1, 0.5, 1), [batch, 1, 1, 2]);
      const { loss } = boxOverlapLoss(tape, cappedExp(tape, x!, 10), truth, weights);
      return weightedSum(tape, [{ term: loss, factor: tape.graph.scalar(0.5) }]);
    },
  },
  {
    title: 'maskLoss',
    tensors: { coefficients: [batch, 4, 1, 3], prototypes: [batch, 4, 2, 2] },
    isLoss: true,
    answer: (tape, { coefficients, prototypes }) => {
      // Two masks an image: of the third cell and of the first; an image's second may be none.
      const cells = [0, 0, 1, 1, 0, 0];
      const chosen = tape.graph.initializer('chosen', Float32Array.of(...cells, ...cells, 0, 1, 0, 0, 0, 0), [
        batch,
        2,
        3,
      ]);
      const inside = noise(24).map(Math.abs);
      inside.fill(0, 20);
      const shares = noise(24).map((share, at) => (share + 0.5) * inside[at]!);
      return maskLoss(tape, coefficients!, prototypes!, {
        chosen,
        inside: tape.graph.initializer('inside', inside, [batch, 2, 4]),
        covered: tape.graph.initializer('covered', shares, [batch, 2, 4]),
      });
    },
  },
  {
    title: 'relu',
    tensors: { x: [batch, 6] },
    isKinked: true,
    answer: (tape, { x }) => relu(tape, x!),
  },
  {
    title: 'maxPool2 of an odd image',
    tensors: { x: [batch, 2, 5, 4] },
    isKinked: true,
    answer: (tape, { x }) => flatten(tape, maxPool2(tape, x!)),
  },
  {
    title: 'a value that is used twice',
    tensors: { x: [batch, 4], w: [4, 4], b: [4] },
    answer: (tape, { x, w, b }) => dense(tape, dense(tape, x!, w!, b!), w!, b!),
  },
];

test.each(cases)('the gradient of $title is the slope of the loss', async (one) => {
  const { tensors, isKinked } = one;
  const values = Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => [
      name,
      isKinked ? spread(size(shape)) : noise(size(shape)),
    ]),
  );
  const session = await lossSession(one);
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

async function lossSession({ tensors, isLoss, answer }: Case): Promise<InferenceSession> {
  const tape = new Tape();
  const { graph } = tape;
  const values = Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => [
      name,
      tape.parameter(graph.input(name, 'float32', shape)),
    ]),
  );
  const loss = isLoss ? answer(tape, values) : softmaxLoss(tape, answer(tape, values));
  graph.output(loss, 'loss');
  for (const [index, gradient] of tape.gradients(loss, Object.values(values)).entries())
    graph.output(gradient, `gradient_${Object.keys(values)[index]!}`);
  return InferenceSession.create(graph.build('test'), { logSeverityLevel: 3 });
}

/** The first example is of the first class, the second of the second, and so on; they weigh 1, 2 and 0.5. */
function softmaxLoss(tape: Tape, logits: Value): Value {
  const classes = logits.shape[1] as number;
  const targets = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) targets[row * classes + (row % classes)] = 1;
  return softmaxCrossEntropy(
    tape,
    logits,
    tape.graph.initializer('targets', targets, [batch, classes]),
    tape.graph.initializer('weights', Float32Array.of(1, 2, 0.5), [batch, 1]),
  );
}

async function run(
  session: InferenceSession,
  tensors: Case['tensors'],
  values: Readonly<Record<string, Float32Array>>,
): Promise<{ loss: number; gradients: Record<string, Float32Array> }> {
  const result = await session.run(
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, new Tensor('float32', value, tensors[name])]),
    ),
  );
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
