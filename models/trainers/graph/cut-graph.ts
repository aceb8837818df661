import { create } from '@bufbuild/protobuf';
import { ValueInfoProtoSchema, type GraphProto, type ModelProto, type NodeProto } from 'onnx-buf';

/** A model as a file that can run holds it. */
export interface WholeModel extends ModelProto {
  graph: GraphProto;
}

/** The same model up to one of its values, which becomes the only output; what does not lead there is left out. */
export function cutAt(model: WholeModel, value: string): WholeModel {
  const { graph } = model;
  const wanted = new Set([value]);
  const node = graph.node
    .toReversed()
    .filter((one) => {
      if (!one.output.some((name) => wanted.has(name))) return false;
      for (const name of namesReadBy(one)) wanted.add(name);
      return true;
    })
    .reverse();
  const isWanted = ({ name }: { name: string }): boolean => wanted.has(name);
  return {
    ...model,
    graph: {
      ...graph,
      node,
      initializer: graph.initializer.filter(isWanted),
      sparseInitializer: graph.sparseInitializer.filter(({ values }) => values && isWanted(values)),
      input: graph.input.filter(isWanted),
      valueInfo: graph.valueInfo.filter((one) => isWanted(one) && one.name !== value),
      output: [create(ValueInfoProtoSchema, { name: value })],
    },
  };
}

/** Names that a node reads, those that a loop or a branch in it reads from outside included. */
function namesReadBy({ input, attribute }: NodeProto): string[] {
  const graphs = attribute.flatMap(({ g, graphs: several }): GraphProto[] => [...(g ? [g] : []), ...several]);
  return [
    ...input,
    ...graphs.flatMap((graph) => [
      ...graph.node.flatMap(namesReadBy),
      ...graph.output.map(({ name }) => name),
    ]),
  ];
}
