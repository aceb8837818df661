import { create, toBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { attributeProto, type Attribute } from '../../onnx/attribute-proto.ts';
import { storedTensor } from '../../onnx/stored-tensor.ts';
import { valueInfo, type Dim, type ElementType, type Value } from '../../onnx/value-info.ts';

export const opset = 17;
const irVersion = 8n;

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
    this.#initializers.push(storedTensor(name, data, shape));
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
        attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
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
    this.#initializers.push(storedTensor(value.name, data(), shape));
    this.#constants.set(key, value);
    return value;
  }
}
