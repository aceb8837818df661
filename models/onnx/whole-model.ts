import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataLocation, type GraphProto, type ModelProto } from 'onnx-buf';

/** A model as a file that can run holds it. */
export interface WholeModel extends ModelProto {
  graph: GraphProto;
}

/**
 * Reads an ONNX file. Weights stay views of its bytes.
 *
 * @throws Error when it is none, or its weights lie elsewhere.
 */
export function parseModel(bytes: Uint8Array): WholeModel {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch {
    throw new Error('it is no ONNX file');
  }
  const { graph } = model;
  if (!graph || graph.output.length === 0) throw new Error('it is no ONNX file with an output');
  const outside = graph.initializer.find(
    ({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL,
  );
  if (outside) throw new Error(`its weights lie in a second file (${outside.name}); export it as one file`);
  return { ...model, graph };
}
