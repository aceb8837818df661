import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
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

export type Attribute = number | string | readonly number[] | { readonly float: number };

export const opset = 17;
const irVersion = 8n;

const dataTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  uint8: TensorProto_DataType.UINT8,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** Writes an ONNX graph, node by node, in the order in which it can run. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #constants = new Map<string, Value>();

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value: Value = { name, type, shape };
    this.#inputs.push(valueInfo(value));
    return value;
  }

  /** A tensor that is stored in the file. */
  initializer(name: string, data: Float32Array, shape: readonly number[]): Value {
    this.#store(name, 'float32', data, shape);
    return { name, type: 'float32', shape };
  }

  /** A small tensor of whole numbers, such as axes or a shape; equal ones are stored once. */
  integers(numbers: readonly number[]): Value {
    return this.#constant('int64', numbers, [numbers.length], () => BigInt64Array.from(numbers, BigInt));
  }

  /** A number without axes; equal ones are stored once. */
  scalar(number: number): Value {
    return this.#constant('float32', [number], [], () => Float32Array.of(number));
  }

  /** Adds a node with one output. */
  node(
    op: string,
    inputs: readonly Value[],
    shape: readonly Dim[],
    options: { attributes?: Readonly<Record<string, Attribute>>; type?: ElementType } = {},
  ): Value {
    const [value] = this.nodes(op, inputs, [{ shape, type: options.type ?? 'float32' }], options.attributes);
    return value as Value;
  }

  /** Adds a node with any number of outputs. */
  nodes(
    op: string,
    inputs: readonly Value[],
    outputs: readonly { shape: readonly Dim[]; type: ElementType }[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const name = `${op}_${this.#nodes.length}`;
    const values = outputs.map((output, index) => ({ name: `${name}:${index}`, ...output }));
    this.#nodes.push(
      create(NodeProtoSchema, {
        name,
        opType: op,
        input: inputs.map((input) => input.name),
        output: values.map((value) => value.name),
        attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      }),
    );
    return values;
  }

  output(value: Value, name: string): void {
    this.#nodes.push(
      create(NodeProtoSchema, {
        name: `out_${name}`,
        opType: 'Identity',
        input: [value.name],
        output: [name],
      }),
    );
    this.#outputs.push(valueInfo({ ...value, name }));
  }

  /** The bytes of the `.onnx` file. */
  build(name: string): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion,
        producerName: 'labelloop',
        opsetImport: [{ domain: '', version: BigInt(opset) }],
        graph: create(GraphProtoSchema, {
          name,
          node: this.#nodes,
          initializer: this.#initializers,
          input: this.#inputs,
          output: this.#outputs,
        }),
      }),
    );
  }

  #constant(
    type: ElementType,
    numbers: readonly number[],
    shape: readonly number[],
    data: () => Float32Array | BigInt64Array,
  ): Value {
    const key = `${type}_${shape.length}_${numbers.join('_')}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const value: Value = { name: `const_${key}`, type, shape };
    this.#store(value.name, type, data(), shape);
    this.#constants.set(key, value);
    return value;
  }

  #store(
    name: string,
    type: ElementType,
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
  ): void {
    this.#initializers.push(
      create(TensorProtoSchema, {
        name,
        dataType: dataTypes[type],
        dims: shape.map(BigInt),
        // ONNX is little-endian, as every machine that onnxruntime-node runs on.
        rawData: Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      }),
    );
  }
}

function valueInfo({ name, type, shape }: Value): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: dataTypes[type],
          shape: {
            dim: shape.map((dim) =>
              create(TensorShapeProto_DimensionSchema, {
                value:
                  typeof dim === 'number'
                    ? { case: 'dimValue', value: BigInt(dim) }
                    : { case: 'dimParam', value: dim },
              }),
            ),
          },
        },
      },
    },
  });
}

function attribute(name: string, value: Attribute): AttributeProto {
  const type = AttributeProto_AttributeType;
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: type.STRING, s: new TextEncoder().encode(value) });
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: type.INT, i: BigInt(value) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: type.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: type.INTS, ints: value.map(BigInt) });
}
