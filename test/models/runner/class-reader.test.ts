import { Tensor } from 'onnxruntime-node';
import { modelCardSchema, type ModelCard } from '../../../models/card.ts';
import { outputNames, outputReader } from '../../../models/runner/output-reader.ts';
import { cardOf } from '../model-folder.ts';

const image = { pixels: new Uint8Array(), widthPx: 1, heightPx: 1 };

function read(
  output: Partial<ModelCard['output']>,
  runs: readonly Record<string, [number[], number[]]>[],
  images: number,
) {
  const card = modelCardSchema.parse(cardOf(['a', 'b'], { output }));
  const reader = outputReader(card);
  const outputs = runs.map((run) =>
    Object.fromEntries(
      Object.entries(run).map(([name, [numbers, dims]]) => [
        name,
        new Tensor('float32', Float32Array.from(numbers), dims),
      ]),
    ),
  );
  return {
    runs: reader.runs,
    names: outputNames(card),
    said: reader.read(outputs, Array<typeof image>(images).fill(image)),
  };
}

test('the logits of several classes go through the sigmoid, each on its own', () => {
  const { said } = read(
    { kind: 'class-logits', multi_label: true },
    [
      {
        probabilities: [
          [0, Math.log(3)],
          [1, 2],
        ],
      },
    ],
    1,
  );
  const [{ probabilities }] = said as [{ probabilities: number[] }];
  // 1 / (1 + 1) and 3 / (1 + 3): they sum to 1.25.
  expect(probabilities[0]).toBeCloseTo(0.5, 6);
  expect(probabilities[1]).toBeCloseTo(0.75, 6);
});

test('embedding and predicted loss come with each image', () => {
  const { names, said } = read(
    { embedding: 'features', predicted_loss: 'loss' },
    [
      {
        probabilities: [
          [0.25, 0.75, 1, 0],
          [2, 2],
        ],
        features: [
          [1, 2, 3, 4, 5, 6],
          [2, 3],
        ],
        loss: [
          [0.5, 2],
          [2, 1],
        ],
      },
    ],
    2,
  );
  expect(names).toEqual(['probabilities', 'features', 'loss']);
  expect(said).toEqual([
    { probabilities: [0.25, 0.75], embedding: Float32Array.of(1, 2, 3), predictedLoss: 0.5 },
    { probabilities: [1, 0], embedding: Float32Array.of(4, 5, 6), predictedLoss: 2 },
  ]);
});

test('draws of one output are taken apart by image, and the answer is their mean', () => {
  const numbers = [0.5, 0.5, 1, 0, 0.25, 0.75, 0, 1];
  const { runs, said } = read(
    { draws: 2, draws_from: 'output' },
    [{ probabilities: [numbers, [2, 2, 2]] }],
    2,
  );
  expect(runs).toBe(1);
  expect(said).toEqual([
    { probabilities: [0.375, 0.625], draws: [[0.5, 0.5], [0.25, 0.75]] }, // prettier-ignore
    { probabilities: [0.5, 0.5], draws: [[1, 0], [0, 1]] }, // prettier-ignore
  ]);
});

test('without draws in the output the graph is run anew for each', () => {
  const { runs, said } = read(
    { draws: 2 },
    [{ probabilities: [[1, 0], [1, 2]] }, { probabilities: [[0.5, 0.5], [1, 2]] }], // prettier-ignore
    1,
  );
  expect(runs).toBe(2);
  expect(said).toEqual([{ probabilities: [0.75, 0.25], draws: [[1, 0], [0.5, 0.5]] }]); // prettier-ignore
});

test.each<[string, Partial<ModelCard['output']>, Record<string, [number[], number[]]>, RegExp]>([
  [
    'fewer classes',
    {},
    { probabilities: [[1], [1, 1]] },
    /answers 1 numbers an image; its card names 2 classes/,
  ],
  ['no such output', { names: ['p'] }, { probabilities: [[1, 0], [1, 2]] }, /output p .* is not there/], // prettier-ignore
  ['a loss by class', { predicted_loss: 'p' }, { probabilities: [[1, 0], [1, 2]], p: [[1, 0], [1, 2]] }, /a predicted loss is one/], // prettier-ignore
  ['other draws', { draws: 3, draws_from: 'output' }, { probabilities: [[1, 0], [1, 1, 2]] }, /has 1 rows for 3/], // prettier-ignore
])('%s is an error that says so', (_, output, outputs, message) => {
  expect(() => read(output, [outputs], 1)).toThrow(message);
});

test.each<[string, Partial<ModelCard['output']>, string]>([
  ['a segmenting model without prototypes', { kind: 'yolo-seg', names: ['output0'] }, 'two outputs'],
  ['draws of a detector', { kind: 'yolo-detect', draws: 3 }, 'only a classifier'],
  ['a place of draws without their number', { draws_from: 'output' }, 'does not say how many'],
  ['several labels of a detector', { kind: 'yolo-detect', multi_label: true }, 'classifiers only'],
])('%s is no card', (_, output, message) => {
  expect(() => modelCardSchema.parse(cardOf(['a', 'b'], { output }))).toThrow(message);
});
