import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { ModelProtoSchema } from 'onnx-buf';
import { seededRandom } from '../../core/seeded-random.ts';
import { readModelFolder, type ModelCard } from '../card.ts';
import { shapeProto, type Dim } from '../onnx/value-info.ts';
import { parseModel, type WholeModel } from '../onnx/whole-model.ts';
import { inputTensor } from '../runner/input-tensor.ts';
import { outputNames } from '../runner/output-reader.ts';
import { rowsPerRun } from '../runner/rows-per-run.ts';
import { oneThreadSession } from '../runner/session-options.ts';
import { mayBeRewritten, rewriteModel } from './rewrite-model.ts';
import { sameAnswers } from './same-answers.ts';
import { valuesOf } from './values-of.ts';

/**
 * Writes the model of a folder as ONNX Runtime runs it faster ({@link rewriteModel}). Takes as long as to load the model a few times.
 *
 * @param into - A folder that is the caller's own.
 * @returns The file; null where there is nothing to gain, or the model would answer otherwise than the given one does.
 * @throws whatever is wrong with the given one.
 */
export async function rewrittenFile(modelDir: string, into: string): Promise<string | null> {
  const { modelFile, card } = await readModelFolder(modelDir);
  const [simple, file] = [join(into, 'simple.onnx'), join(into, 'model.onnx')];
  const batch = await simplify(modelFile, card, simple);
  if (batch === null) return null;
  const feed = { [card.input.name]: noise(card, typeof batch === 'number' ? batch : 1) };
  if (!(await rewrite(simple, file, { feed, batch }))) return null;
  return (await sameAnswers([modelFile, file], feed, outputNames(card))) ? file : null;
}

/**
 * Lets ONNX Runtime compute what does not hang on the image, for images of the card's size.
 *
 * @returns How many images the model takes, or what their axis is called; null where no rule can apply.
 */
async function simplify(modelFile: string, card: ModelCard, into: string): Promise<Dim | null> {
  const model = parseModel(await readFile(modelFile));
  if (!mayBeRewritten(model)) return null;
  const batch = fixShape(model, card);
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), {
    ...oneThreadSession,
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: into,
  });
  await session.release();
  return batch;
}

/** Whether there is something to gain, and a file with it. */
async function rewrite(
  simple: string,
  into: string,
  { feed, batch }: { feed: Readonly<Record<string, Tensor>>; batch: Dim },
): Promise<boolean> {
  const model = parseModel(await readFile(simple));
  const rewritten = await rewriteModel(model, (names) => valuesOf(model, names, feed, batch));
  if (rewritten) await writeFile(into, toBinary(ModelProtoSchema, rewritten));
  return rewritten !== null;
}

/**
 * Gives each axis of the input that the graph leaves open the length that the runner gives it; the first stays open where it gives several images.
 *
 * @returns The first one's length, or its name.
 */
function fixShape({ graph }: WholeModel, card: ModelCard): Dim {
  const { name, layout, channels, height, width } = card.input;
  const type = graph.input.find((input) => input.name === name)?.type?.value;
  const dims = (type?.case === 'tensorType' && type.value.shape?.dim) || [];
  const image = layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  const lengths: Dim[] = [rowsPerRun(card) === 1 ? 1 : 'batch', ...image];
  for (const [axis, { value }] of dims.entries())
    if (value.case === 'dimValue' && value.value > 0n) lengths[axis] = Number(value.value);
  const [batch = 'batch'] = lengths;
  if (type?.case === 'tensorType' && dims.length > 0) type.value.shape = shapeProto(lengths);
  return batch;
}

function noise(card: ModelCard, rows: number): Tensor {
  const { width, height, channels } = card.input;
  const random = seededRandom(1);
  const image = Uint8Array.from({ length: width * height * channels }, () => random() * 256);
  return inputTensor(card, [image], rows);
}
