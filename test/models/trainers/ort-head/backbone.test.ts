/** @jest-environment ./test/models/native-arrays-environment.ts */
import { readBackbone } from '../../../../models/trainers/ort-head/backbone.ts';
import { Embedder } from '../../../../models/trainers/ort-head/embedder.ts';
import type { Value } from '../../../../models/onnx/value-info.ts';
import type { GraphBuilder } from '../../../../models/trainers/graph/graph-builder.ts';
import { backboneFolder, meansAndClasses } from './small-backbones.ts';

const asked = { width: 6, height: 5, channels: 1 } as const;

/** Of one image whose pixels are all (255, 0, 128). */
async function embedding(model: Uint8Array, card?: unknown) {
  const backbone = await readBackbone(await backboneFolder(model, card), asked);
  const embedder = await Embedder.open(backbone, 1);
  const { width, height } = backbone.input;
  const image = Uint8Array.from({ length: width * height * 3 }, (_, at) => [255, 0, 128][at % 3]!);
  const rows = await embedder.embed([image]);
  await embedder.close();
  return { numbers: Array.from(rows[0]!), input: backbone.input, form: embedder.form };
}

test('without a card a float backbone gets RGB planes as ImageNet has them, in the size of the job, and its embedding is before the last layer', async () => {
  const { numbers, input } = await embedding(meansAndClasses());
  expect(input).toEqual({
    name: 'pixels',
    dtype: 'float32',
    layout: 'NCHW',
    width: 6,
    height: 5,
    channels: 3,
    color: 'RGB',
    resize: 'stretch',
    normalisation: 'by-host',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  });
  // (1 − 0.485) / 0.229, (0 − 0.456) / 0.224, (128/255 − 0.406) / 0.225.
  expect(numbers).toEqual([2.248908, -2.035714, 0.426492].map((one) => expect.closeTo(one, 5) as number));
});

test('the graph says sizes, rows and the order of axes; bytes go in as they are', async () => {
  const { numbers, input } = await embedding(meansAndClasses([1, 4, 7, 3], 'uint8'));
  expect(input).toMatchObject({
    dtype: 'uint8',
    layout: 'NHWC',
    height: 4,
    width: 7,
    normalisation: 'in-graph',
  });
  expect(numbers).toEqual([255, 0, 128]);
});

test('the card overrules what is usual, and a stack of maps counts by the mean over their places', async () => {
  const card = {
    input: {
      width: 8,
      height: 8,
      resize: 'letterbox',
      pad_value: 114,
      scale: 1,
      mean: [55, 0, 28],
      std: [2, 2, 4],
    },
    output: { embedding: 'Neg_1:0' },
  };
  const { numbers, input, form } = await embedding(meansAndClasses(), card);
  expect(input).toMatchObject({ width: 8, resize: 'letterbox', pad_value: 114 });
  expect({ form, numbers }).toEqual({ form: 'maps', numbers: [100, 0, 25] });
});

const plainLogits = (graph: GraphBuilder, logits: Value) => graph.output(logits, 'logits');

test.each<[string, (graph: GraphBuilder, logits: Value, images: Value) => void, unknown, number[]]>([
  ['before the last layer, if logits come out', plainLogits, undefined, [255, 0, 128]],
  [
    'before the last layer behind a temperature and a softmax',
    (graph, logits) => {
      const cooled = graph.node('Div', [logits, graph.scalar(2)], logits.shape);
      graph.output(graph.node('Softmax', [cooled], logits.shape, { attributes: { axis: 1 } }), 'classes');
    },
    undefined,
    [255, 0, 128],
  ],
  [
    'the output that is called so, even if it is not the first',
    (graph, logits) => {
      graph.output(logits, 'logits');
      graph.output(graph.node('Neg', [logits], logits.shape), 'embedding');
    },
    undefined,
    // −(255 + 0 + 0.5), −(−255 + 128 − 0.5)
    [-255.5, 127.5],
  ],
  [
    'the first output, where no dense layer is last',
    (graph, logits) => graph.output(graph.node('Relu', [logits], logits.shape), 'features'),
    undefined,
    [255.5, 0],
  ],
  ['the value that the card names', plainLogits, { output: { embedding: 'logits' } }, [255.5, -127.5]],
])('the embedding is %s', async (_, write, card, expected) => {
  const model = meansAndClasses(['n', 4, 4, 3], 'uint8', write);
  expect((await embedding(model, card)).numbers).toEqual(expected);
});

const floats = meansAndClasses();
test.each<[string, Uint8Array, unknown, RegExp]>([
  ['no ONNX', Uint8Array.of(1, 2, 3), undefined, /backbone\.onnx cannot be used: it is no ONNX file/],
  [
    'a card with a wrong key',
    floats,
    { inputs: {} },
    /backbone\.json: is no card of a backbone, at its top: .*"inputs"/,
  ],
  ['a card with a wrong value', floats, { input: { width: 0 } }, /at input\.width: /],
  [
    'another number of channels',
    floats,
    { input: { channels: 1 } },
    /its card says input\.channels 1, the graph 3/,
  ],
  [
    'another type',
    floats,
    { input: { dtype: 'uint8' } },
    /its card says input\.dtype uint8, the graph float32/,
  ],
  [
    'a value that is not there',
    floats,
    { output: { embedding: 'features' } },
    /no value features; its outputs are classes/,
  ],
  [
    'two inputs',
    meansAndClasses(undefined, undefined, (graph, logits) => {
      const gate = graph.input('gate', 'float32', ['n', 2]);
      graph.output(graph.node('Mul', [logits, gate], logits.shape), 'features');
    }),
    undefined,
    /comes from 2 inputs \(pixels, gate\), not from images alone/,
  ],
  [
    'a row of rows',
    meansAndClasses(undefined, undefined, (graph, logits) => {
      graph.output(graph.node('Unsqueeze', [logits, graph.integers([1])], ['n', 1, 2]), 'embedding');
    }),
    undefined,
    /its embedding \S+ is \[1, 1, 2\]; an embedding is \[n, numbers\] or/,
  ],
])('a backbone with %s is refused for good, and the reason is told', async (_, model, card, reason) => {
  const file = await backboneFolder(model, card);
  const opened = readBackbone(file, asked).then((backbone) => Embedder.open(backbone, 1));
  await expect(opened).rejects.toThrow(reason);
});
