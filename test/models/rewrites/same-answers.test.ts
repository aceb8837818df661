/** @jest-environment ./test/models/native-arrays-environment.ts */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { Tensor } from 'onnxruntime-node';
import { sameAnswers } from '../../../models/rewrites/same-answers.ts';
import { graphOf } from './graphs.ts';

const feed = { images: new Tensor('float32', Float32Array.of(1, 100), [1, 1, 1, 2]) };
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'labelloop-answers-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** A model that multiplies what it is given. */
async function times(factor: number): Promise<string> {
  const model = graphOf([1, 1, 2], (graph, images) =>
    graph.node('Mul', [images, graph.scalar(factor)], images.shape),
  );
  const file = path.join(dir, `${factor}.onnx`);
  await writeFile(file, toBinary(ModelProtoSchema, model));
  return file;
}

test.each([
  [2, 2, true],
  [2, 2.0001, true],
  [2, 2.001, false],
  [2, NaN, false],
  [NaN, NaN, false],
])('a factor of %d and one of %d are the same answers: %p', async (one, other, isSame) => {
  expect(await sameAnswers([await times(one), await times(other)], feed, ['y'])).toBe(isSame);
});

test('an output that one of them has not is an error', async () => {
  const file = await times(2);
  await expect(sameAnswers([file, file], feed, ['z'])).rejects.toThrow('z');
});
