import type { GraphProto, NodeProto } from 'onnx-buf';

/** Names that a node reads, those that a loop or a branch in it reads from outside included. */
export function namesReadBy({ input, attribute }: NodeProto): string[] {
  const graphs = attribute.flatMap(({ g, graphs: several }): GraphProto[] => [...(g ? [g] : []), ...several]);
  return [
    ...input,
    ...graphs.flatMap((graph) => [
      ...graph.node.flatMap(namesReadBy),
      ...graph.output.map(({ name }) => name),
    ]),
  ];
}
