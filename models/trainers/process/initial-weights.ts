import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { readModelFolder } from '../../card.ts';
import type { TrainJob } from '../job.ts';
import { lengthOf, sizeOf, type Parameter } from '../learning/parameters.ts';

/**
 * The weights of an earlier model as the vector to start from (warm start), or null when they do not fit: another task, other classes,
 * or a network of another form.
 *
 * @param modelDir - Model folder that a built-in trainer wrote.
 * @param warn - Told why a model is not used.
 */
export async function initialWeights(
  modelDir: string,
  { task, classes }: TrainJob,
  parameters: readonly Parameter[],
  warn: (message: string) => void,
): Promise<Float32Array | null> {
  const ignore = (reason: string): null => {
    warn(`The init_model is not used, the training starts from scratch: ${reason}.`);
    return null;
  };
  const folder = await readModelFolder(modelDir).catch((error: unknown) => (error as Error).message);
  if (typeof folder === 'string') return ignore(folder);
  const { card, modelFile } = folder;
  if (card.task !== task || JSON.stringify(card.classes) !== JSON.stringify(classes))
    return ignore(`it is a ${card.task} model of the classes ${card.classes.join(', ')}`);
  const { graph } = fromBinary(ModelProtoSchema, await readFile(modelFile));
  const stored = new Map(graph?.initializer.map((tensor) => [tensor.name, tensor]));
  const value = new Float32Array(lengthOf(parameters));
  let start = 0;
  for (const parameter of parameters) {
    const tensor = stored.get(parameter.name);
    const size = sizeOf(parameter);
    if (tensor?.dims.join() !== parameter.shape.join() || tensor.rawData.length !== 4 * size)
      return ignore(`its network has no ${parameter.name} of the shape ${parameter.shape.join('×')}`);
    value.set(new Float32Array(Uint8Array.from(tensor.rawData).buffer), start);
    start += size;
  }
  return value;
}
