import { boxOverlapLoss } from '../graph/box-overlap-loss.ts';
import type { Dim, Value } from '../../onnx/value-info.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { maskLoss, type MaskTruth } from '../graph/mask-loss.ts';
import { qualityFocalLoss } from '../graph/quality-focal-loss.ts';
import { softmaxCrossEntropy } from '../graph/softmax-cross-entropy.ts';
import { Tape } from '../graph/tape.ts';
import { weightedSum } from '../graph/weighted-sum.ts';
import { fedParameters, lengthOf, storedParameters } from '../learning/parameters.ts';
import { trainingGraph } from '../learning/training-graph.ts';
import { gridOf, network, networkParameters, type Answer, type NetworkShape } from './network.ts';

/**
 * One training step. Inputs besides those of {@link trainingGraph}: `images`, `classes`, `distances`, `has_object` (see `Targets`),
 * `weights`, `[batch][1][1][1]`, and with masks `chosen`, `inside`, `covered` (see `MaskTargets`).
 */
export function detectorTrainingGraph(shape: NetworkShape, batch: number, weightDecay: number): Uint8Array {
  return trainingGraph(networkParameters(shape), weightDecay, (tape, parameters) => {
    const answer = network(tape, imagesInput(tape.graph, shape, batch), shape, true, ({ name }) =>
      named(parameters, name),
    );
    return { loss: detectionLoss(tape, answer, shape, batch).loss, statistics: answer.statistics };
  });
}

/** Forward only, any batch. Inputs: `images`, the targets, and the vector `value`; outputs: `loss`, the
 * `objects` (weighted cells) that it is the mean of, and `output0`, as in {@link detectorGraph}. */
export function detectorEvaluationGraph(shape: NetworkShape): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const parameters = networkParameters(shape);
  const fed = fedParameters(graph, graph.input('value', 'float32', [lengthOf(parameters)]), parameters);
  const answer = network(tape, imagesInput(graph, shape, 'batch'), shape, false, ({ name }) =>
    named(fed, name),
  );
  const { loss, objects } = detectionLoss(tape, answer, shape, 'batch');
  graph.output(loss, 'loss');
  graph.output(objects, 'objects');
  graph.output(yoloLayout(graph, answer, shape), 'output0');
  return graph.build('evaluation');
}

/**
 * The model as it is shipped: weights inside. Input `images`; output `output0`, YOLOv8's layout `[batch][4 + classes + prototypes][cells]`:
 * centre x, centre y, width and height in pixels of the input, a probability by class, and mask coefficients. With masks `output1` are the
 * prototypes, `[batch][prototypes][height][width]`, over the whole input.
 */
export function detectorGraph(shape: NetworkShape, value: Float32Array): Uint8Array {
  const tape = new Tape();
  const { graph } = tape;
  const stored = storedParameters(graph, value, networkParameters(shape));
  const answer = network(tape, imagesInput(graph, shape, 'batch'), shape, false, ({ name }) =>
    named(stored, name),
  );
  graph.output(yoloLayout(graph, answer, shape), 'output0');
  if (answer.masks) graph.output(withoutPadding(graph, answer.masks.prototypes, shape), 'output1');
  return graph.build('detector');
}

function imagesInput(graph: GraphBuilder, { input }: NetworkShape, batch: Dim): Value {
  return graph.input('images', 'uint8', [batch, input.height, input.width, input.channels]);
}

/** What object, box, class and mask cost, each a cell that stands for an object. */
function detectionLoss(
  tape: Tape,
  { objectLogits, classLogits, distances, masks }: Answer,
  shape: NetworkShape,
  batch: Dim,
): { loss: Value; objects: Value } {
  const { graph } = tape;
  const { rows, columns } = gridOf(shape);
  const input = (name: string, channels: number): Value =>
    graph.input(name, 'float32', [batch, channels, rows, columns]);
  const classes = input('classes', shape.classes);
  const truth = input('distances', 4);
  const hasObject = input('has_object', 1);
  const weights = graph.input('weights', 'float32', [batch, 1, 1, 1]);
  const weighted = graph.node('Mul', [hasObject, weights], hasObject.shape);
  const objects = graph.node('ReduceSum', [weighted], [], { attributes: { keepdims: 0 } });
  const share = graph.node('Reciprocal', [graph.node('Max', [objects, graph.scalar(1)], [])], []);
  const box = boxOverlapLoss(tape, distances, truth, weighted);
  // An object is to be told as surely as its box is right.
  const qualities = graph.node('Mul', [hasObject, box.overlap], hasObject.shape);
  const loss = weightedSum(tape, [
    { term: qualityFocalLoss(tape, objectLogits, qualities, weights), factor: share },
    { term: box.loss, factor: share },
    { term: softmaxCrossEntropy(tape, classLogits, classes, weighted), factor: graph.scalar(1) },
    ...(masks
      ? [
          {
            term: maskLoss(tape, masks.coefficients, masks.prototypes, maskInputs(graph, shape, batch)),
            factor: share,
          },
        ]
      : []),
  ]);
  return { loss, objects };
}

function maskInputs(graph: GraphBuilder, shape: NetworkShape, batch: Dim): MaskTruth {
  const { rows, columns } = gridOf(shape);
  const input = (name: string): Value => graph.input(name, 'float32', [batch, 'masks', rows * columns]);
  return { chosen: input('chosen'), inside: input('inside'), covered: input('covered') };
}

function yoloLayout(
  graph: GraphBuilder,
  { objectLogits, classLogits, distances, masks }: Answer,
  shape: NetworkShape,
): Value {
  const { rows, columns, stridePx } = gridOf(shape);
  const cells = rows * columns;
  const flat = (value: Value, channels: number): Value =>
    graph.node('Reshape', [value, graph.integers([-1, channels, cells])], ['batch', channels, cells]);
  const rest = ['batch', 2, cells];
  const [near, far] = graph.nodes(
    'Split',
    [flat(distances, 4), graph.integers([2, 2])],
    [
      { shape: rest, type: 'float32' },
      { shape: rest, type: 'float32' },
    ],
    { axis: 1 },
  ) as [Value, Value];
  // Centres of the cells, x then y.
  const places = Float32Array.from({ length: 2 * cells }, (_, index) =>
    index < cells ? (index % columns) + 0.5 : Math.floor((index - cells) / columns) + 0.5,
  );
  const centres = graph.initializer('cells', places, [1, 2, cells]);
  const shift = graph.node('Mul', [graph.node('Sub', [far, near], rest), graph.scalar(0.5)], rest);
  const middle = graph.node('Add', [centres, shift], rest);
  const size = graph.node('Add', [near, far], rest);
  const box = graph.node('Concat', [middle, size], ['batch', 4, cells], { attributes: { axis: 1 } });
  const boxPx = graph.node('Mul', [box, graph.scalar(stridePx)], ['batch', 4, cells]);
  const object = graph.node('Sigmoid', [flat(objectLogits, 1)], ['batch', 1, cells]);
  const perClass = ['batch', shape.classes, cells];
  const classLogitsFlat = flat(classLogits, shape.classes);
  const chances = graph.node(
    'Mul',
    [graph.node('Softmax', [classLogitsFlat], perClass, { attributes: { axis: 1 } }), object],
    perClass,
  );
  const numbers = [boxPx, chances, ...(masks ? [flat(masks.coefficients, shape.prototypes)] : [])];
  return graph.node('Concat', numbers, ['batch', 4 + shape.classes + shape.prototypes, cells], {
    attributes: { axis: 1 },
  });
}

/** The part of a map that lies over the input, whose sides are whole numbers of cells. */
function withoutPadding(graph: GraphBuilder, map: Value, shape: NetworkShape): Value {
  const { stridePx } = gridOf(shape);
  const ends = [shape.input.height / stridePx, shape.input.width / stridePx];
  const [batch, channels] = map.shape as [Dim, Dim];
  const parts = [graph.integers([0, 0]), graph.integers(ends), graph.integers([2, 3])];
  return graph.node('Slice', [map, ...parts], [batch, channels, ...ends]);
}

function named(parameters: ReadonlyMap<string, Value>, name: string): Value {
  const value = parameters.get(name);
  if (!value) throw new Error(`no parameter ${name}`);
  return value;
}
