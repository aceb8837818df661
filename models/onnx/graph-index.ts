import type { NodeProto, TensorProto } from 'onnx-buf';
import { namesReadBy } from './names-read-by.ts';
import type { WholeModel } from './whole-model.ts';

/** Who makes and who reads each value of a graph, and what the file holds of them. */
export class GraphIndex {
  readonly nodes: readonly NodeProto[];
  /** Version of ONNX's own operators. */
  readonly opset: number;
  readonly #makers = new Map<string, NodeProto>();
  readonly #readers = new Map<string, NodeProto[]>();
  readonly #stored: ReadonlyMap<string, TensorProto>;
  readonly #outputs: ReadonlySet<string>;

  constructor({ graph, opsetImport }: WholeModel) {
    this.nodes = graph.node;
    this.opset = Number(opsetImport.find(({ domain }) => domain === '')?.version ?? 0n);
    for (const node of graph.node) {
      for (const name of node.output) this.#makers.set(name, node);
      for (const name of new Set(namesReadBy(node)))
        this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
    }
    this.#stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.#outputs = new Set(graph.output.map(({ name }) => name));
  }

  /** The node whose output the value is; undefined for inputs and weights. */
  makerOf(value: string): NodeProto | undefined {
    return this.#makers.get(value);
  }

  /** Nodes that read the value, each once. */
  readersOf(value: string): readonly NodeProto[] {
    return this.#readers.get(value) ?? [];
  }

  /** Whether the value is an answer of the model. */
  isOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  /** A tensor that the file holds, as a weight or in a node. */
  stored(value = ''): TensorProto | undefined {
    const maker = this.#makers.get(value);
    const constant =
      maker?.opType === 'Constant' ? maker.attribute.find(({ name }) => name === 'value') : undefined;
    return this.#stored.get(value) ?? constant?.t;
  }

  /** The whole numbers of a small tensor that the file holds. */
  integers(value: string | undefined): number[] | undefined {
    const tensor = this.stored(value);
    if (!tensor) return undefined;
    if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
    const { rawData } = tensor;
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
    return Array.from({ length: rawData.byteLength / 8 }, (_, at) => Number(view.getBigInt64(8 * at, true)));
  }
}
