import { create } from '@bufbuild/protobuf';
import { NodeProtoSchema, type NodeProto, type TensorProto, type ValueInfoProto } from 'onnx-buf';
import { attributeProto, type Attribute } from '../onnx/attribute-proto.ts';
import type { GraphIndex } from '../onnx/graph-index.ts';
import type { Value } from '../onnx/value-info.ts';

/** Changes of a graph that leave its answers as they are. */
export interface Rewrite {
  /** What comes in the place of a node; nothing where it is left out. */
  readonly replaced: Map<NodeProto, readonly NodeProto[]>;
  readonly initializer: TensorProto[];
  readonly valueInfo: ValueInfoProto[];
}

/** What values look like when the graph runs, by their names. */
export type Values = ReadonlyMap<string, Value>;

/** A kind of change. */
export interface RewriteRule {
  /** Whether there is a place where it may apply once what can be computed beforehand is. */
  readonly mayApply: (graph: GraphIndex) => boolean;
  /** Names of the values whose shapes decide. */
  readonly looksAt: (graph: GraphIndex) => string[];
  /** Finds all places where it applies. */
  readonly rewrite: (graph: GraphIndex, values: Values) => Rewrite;
}

export function emptyRewrite(): Rewrite {
  return { replaced: new Map(), initializer: [], valueInfo: [] };
}

/** A node that is named after its first output. */
export function newNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto {
  const [name = ''] = output;
  const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
  return create(NodeProtoSchema, { name, opType, input: [...input], output: [...output], attribute });
}

/** An attribute that is a whole number. */
export function integerOf({ attribute }: NodeProto, name: string, absent: number): number {
  const found = attribute.find((one) => one.name === name);
  return found ? Number(found.i) : absent;
}

/** An attribute that is several whole numbers. */
export function integersOf({ attribute }: NodeProto, name: string): number[] | undefined {
  return attribute.find((one) => one.name === name)?.ints.map(Number);
}
