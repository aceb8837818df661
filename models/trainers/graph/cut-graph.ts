import { create } from '@bufbuild/protobuf';
import { ValueInfoProtoSchema } from 'onnx-buf';
import { namesReadBy } from '../../onnx/names-read-by.ts';
import type { WholeModel } from '../../onnx/whole-model.ts';

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
