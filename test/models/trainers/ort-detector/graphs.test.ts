/** @jest-environment ./test/models/native-arrays-environment.ts */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lengthOf, sizeOf } from '../../../../models/trainers/learning/parameters.ts';
import { detectorGraph } from '../../../../models/trainers/ort-detector/graphs.ts';
import {
  gridOf,
  networkParameters,
  type NetworkShape,
} from '../../../../models/trainers/ort-detector/network.ts';

const small: NetworkShape = {
  input: { width: 50, height: 36, channels: 1 },
  width: 4,
  classes: 2,
  prototypes: 0,
};

test('the grid covers the image in cells of 4 pixels, of 8 beyond 256 pixels a side, filled up to whole cells of the coarsest map', () => {
  // 50×36 is halved three times, to 7×5, so it is filled up to 56×40; 300×200 six times, to 5×4: 320×256.
  expect(gridOf(small)).toEqual({ rows: 10, columns: 14, stridePx: 4 });
  const large = { ...small, input: { width: 300, height: 200, channels: 3 as const } };
  expect(gridOf(large)).toEqual({ rows: 32, columns: 40, stridePx: 8 });
});

test('the model answers YOLOv8’s layout: boxes around the cells, row by row, and a probability by class', async () => {
  // Without weights only the first biases speak: each side is two cells away, and one cell in a hundred has an object.
  const parameters = networkParameters(small);
  const value = new Float32Array(lengthOf(parameters));
  let place = 0;
  for (const parameter of parameters) {
    const end = place + sizeOf(parameter);
    if (parameter.start !== 'he-normal') value.fill(parameter.start, place, end);
    place = end;
  }
  const session = await InferenceSession.create(detectorGraph(small, value), { logSeverityLevel: 3 });
  const images = new Tensor('uint8', new Uint8Array(2 * 50 * 36), [2, 36, 50, 1]);
  const { output0 } = await session.run({ images });
  expect(output0!.dims).toEqual([2, 6, 140]);
  const cell = (index: number): number[] =>
    Array.from({ length: 6 }, (_, row) => Number((output0!.data as Float32Array)[row * 140 + index]));
  // Cell 17 is the fourth of the second row.
  for (const [index, x, y] of [
    [0, 2, 2],
    [17, 14, 6],
  ] as const) {
    const expected = [x, y, 16, 16, 0.005, 0.005];
    for (const [row, number] of cell(index).entries()) expect(number).toBeCloseTo(expected[row]!, 4);
  }
  await session.release();
});

test('with masks it answers their coefficients behind the classes, and prototypes over the input without its filling', async () => {
  const shape = { ...small, input: { ...small.input, width: 52 }, prototypes: 3 };
  const value = new Float32Array(lengthOf(networkParameters(shape))).fill(0.1);
  const session = await InferenceSession.create(detectorGraph(shape, value), { logSeverityLevel: 3 });
  const images = new Tensor('uint8', new Uint8Array(2 * 52 * 36), [2, 36, 52, 1]);
  const { output0, output1 } = await session.run({ images });
  expect([output0!.dims, output1!.dims]).toEqual([
    [2, 9, 140],
    [2, 3, 9, 13],
  ]);
  await session.release();
});
