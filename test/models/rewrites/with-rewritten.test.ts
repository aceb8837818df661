/** @jest-environment ./test/models/native-arrays-environment.ts */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { ModelCard } from '../../../models/card.ts';
import { parseModel, type WholeModel } from '../../../models/onnx/whole-model.ts';
import { rewrittenFile } from '../../../models/rewrites/rewritten-file.ts';
import { withRewritten } from '../../../models/rewrites/with-rewritten.ts';
import { modelFolder } from '../model-folder.ts';
import { classes, fixtures, input } from '../ultralytics-models.ts';
import { graphOf } from './graphs.ts';

const onX64 = process.arch === 'x64' ? test : test.skip;

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

onX64('a model of Ultralytics is there as it runs faster for as long as it is loaded', async () => {
  const dir = await folderWith(await readFile(path.join(fixtures, 'yolov8.onnx')));
  const [file, nodes] = await withRewritten(dir, async (found) => [found, await opTypes(found!)] as const);
  expect(nodes).toContain('Exp');
  expect(nodes).not.toContain('Softmax');
  expect(existsSync(path.dirname(file!))).toBe(false);
});

onX64('what was written is gone when loading fails', async () => {
  const dir = await folderWith(await readFile(path.join(fixtures, 'yolov8.onnx')));
  let file: string | null = null;
  const failed = withRewritten(dir, (found) => {
    file = found;
    throw new Error('no memory');
  });
  await expect(failed).rejects.toThrow('no memory');
  expect(existsSync(path.dirname(file!))).toBe(false);
});

test('a model with nothing to gain, or that cannot be read, is loaded as it is', async () => {
  const plain = graphOf([3, 128, 128], (graph, images) => graph.node('Relu', [images], images.shape));
  for (const bytes of [bytesOf(plain), Buffer.from('no model')]) {
    const dir = await folderWith(bytes);
    expect(await withRewritten(dir, (file) => Promise.resolve(file))).toBeNull();
  }
});

test('the lengths that a graph leaves open are those that the runner gives it', async () => {
  const model = graphOf([3, 128, 128], (graph, images) =>
    graph.node('Softmax', [images], images.shape, { attributes: { axis: 1 } }),
  );
  const type = model.graph.input[0]?.type?.value;
  if (type?.case === 'tensorType')
    type.value.shape!.dim.forEach((dim, axis) => {
      dim.value = { case: 'dimParam', value: ['batch', 'channels', 'height', 'width'][axis]! };
    });
  model.graph.output[0]!.type = undefined!;
  const into = await newFolder();
  const large = { ...input, width: 640, height: 512 };
  const output: Partial<ModelCard['output']> = { kind: 'yolo-detect', names: ['y'] };
  const file = await rewrittenFile(await folderWith(bytesOf(model), output, large), into);
  const found = parseModel(await readFile(file!)).graph.input[0]?.type?.value;
  const dims = found?.case === 'tensorType' ? found.value.shape!.dim : [];
  expect(dims.map(({ value }) => Number(value.value))).toEqual([1, 3, 512, 640]);
  expect(await readdir(into)).toContain('model.onnx');
});

async function folderWith(
  model: Uint8Array,
  output: Partial<ModelCard['output']> = { kind: 'yolo-detect', names: ['output0'] },
  shape: Partial<ModelCard['input']> = input,
): Promise<string> {
  const { dir } = await modelFolder(model, classes, { input: shape, output });
  folders.push(dir);
  return dir;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'labelloop-rewrites-'));
  folders.push(folder);
  return folder;
}

function bytesOf(model: WholeModel): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

async function opTypes(file: string): Promise<string[]> {
  return parseModel(await readFile(file)).graph.node.map(({ opType }) => opType);
}
