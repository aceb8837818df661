import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType, TensorProtoSchema, type TensorProto } from 'onnx-buf';

/** Numbers that a file holds: float32 or int64, as they are. */
export function storedTensor(
  name: string,
  data: Float32Array | BigInt64Array,
  shape: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: data instanceof Float32Array ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64,
    dims: shape.map(BigInt),
    // ONNX is little-endian, as every machine that onnxruntime-node runs on.
    rawData: Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  });
}
