import { create } from '@bufbuild/protobuf';
import {
  TensorProto_DataType,
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type TensorShapeProto,
  type ValueInfoProto,
} from 'onnx-buf';

export type ElementType = 'float32' | 'uint8' | 'int64' | 'bool';
/** A name stands for a length that is only known when the graph runs: the batch. */
export type Dim = number | string;

/** An edge of the graph. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

const dataTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  uint8: TensorProto_DataType.UINT8,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** What a file says of a value. */
export function valueInfo({ name, type, shape }: Value): ValueInfoProto {
  const tensor = { elemType: dataTypes[type], shape: shapeProto(shape) };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensor } } });
}

export function shapeProto(shape: readonly Dim[]): TensorShapeProto {
  return create(TensorShapeProtoSchema, {
    dim: shape.map((dim) =>
      create(TensorShapeProto_DimensionSchema, {
        value:
          typeof dim === 'number'
            ? { case: 'dimValue', value: BigInt(dim) }
            : { case: 'dimParam', value: dim },
      }),
    ),
  });
}
