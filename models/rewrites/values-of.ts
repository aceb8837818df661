import { create, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { ModelProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import type { Dim, ElementType } from '../onnx/value-info.ts';
import type { WholeModel } from '../onnx/whole-model.ts';
import { oneThreadSession } from '../runner/session-options.ts';
import type { Values } from './rewrite.ts';

/**
 * What values of a model look like, by running it: files rarely say it, and ONNX Runtime, which knows, writes none of it down.
 *
 * @param feed - What the model is run on.
 * @param firstAxis - How long the first axis of each is: its name where it is the batch's.
 */
export async function valuesOf(
  model: WholeModel,
  names: readonly string[],
  feed: Readonly<Record<string, Tensor>>,
  firstAxis: Dim,
): Promise<Values> {
  if (names.length === 0) return new Map();
  const wanted = [...new Set(names)];
  const output = wanted.map((name) => create(ValueInfoProtoSchema, { name }));
  const probe: WholeModel = { ...model, graph: { ...model.graph, output } };
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, probe), oneThreadSession);
  try {
    const found = Object.entries(await session.run(feed, wanted));
    return new Map(
      found.map(([name, { type, dims }]) => {
        const shape = [firstAxis, ...dims.slice(1)];
        return [name, { name, type: type as ElementType, shape }];
      }),
    );
  } finally {
    await session.release();
  }
}
