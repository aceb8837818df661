import type { GraphProto, NodeProto } from 'onnx-buf';
import type { WholeModel } from '../../onnx/whole-model.ts';

/**
 * A model with a graph behind it, as one graph. The model keeps its opset, so the graph may use nothing that other opsets read otherwise.
 *
 * @param model - Its first output feeds the graph.
 * @param appended - Has one input; its nodes hold no graphs.
 * @returns The outputs are those of the appended graph, by the names that they have now: theirs, unless the model has such a value.
 */
export function appendGraph(
  model: WholeModel,
  appended: GraphProto,
): { model: WholeModel; outputs: Readonly<Record<string, string>> } {
  const { graph } = model;
  const taken = new Set([
    ...graph.node.flatMap(({ name, input, output }) => [name, ...input, ...output]),
    ...[...graph.initializer, ...graph.input].map(({ name }) => name),
  ]);
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  const outputs = Object.fromEntries(appended.output.map(({ name }) => [name, free(name)]));
  const seam = new Map([[appended.input[0]?.name ?? '', graph.output[0]?.name ?? '']]);
  const renamed = (name: string): string =>
    name === '' ? '' : (seam.get(name) ?? outputs[name] ?? free(`head.${name}`));
  const node = appended.node.map((one): NodeProto => ({
    ...one,
    name: free(`head.${one.name}`),
    input: one.input.map(renamed),
    output: one.output.map(renamed),
  }));
  const merged: GraphProto = {
    ...graph,
    node: [...graph.node, ...node],
    initializer: [
      ...graph.initializer,
      ...appended.initializer.map((one) => ({ ...one, name: renamed(one.name) })),
    ],
    output: appended.output.map((one) => ({ ...one, name: renamed(one.name) })),
  };
  return { model: { ...model, graph: merged }, outputs };
}
