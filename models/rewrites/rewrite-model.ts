import { GraphIndex } from '../onnx/graph-index.ts';
import { namesReadBy } from '../onnx/names-read-by.ts';
import type { WholeModel } from '../onnx/whole-model.ts';
import { plainSoftmax } from './plain-softmax.ts';
import type { RewriteRule, Values } from './rewrite.ts';
import { splitChannels } from './split-channels.ts';
import { spreadGates } from './spread-gates.ts';

const rules: readonly RewriteRule[] = [splitChannels, spreadGates, plainSoftmax];

/** Whether a rule may apply to a model of which nothing is computed beforehand yet: to look closer takes several times its memory. */
export function mayBeRewritten(model: WholeModel): boolean {
  const graph = new GraphIndex(model);
  return rules.some(({ mayApply }) => mayApply(graph));
}

/**
 * The same model as ONNX Runtime runs it faster on x86-64; null where there is nothing to gain.
 *
 * @param model - Of which is computed what can be before an image comes.
 * @param valuesOf - Finds out what values look like when the model runs, by their names.
 */
export async function rewriteModel(
  model: WholeModel,
  valuesOf: (names: readonly string[]) => Promise<Values>,
): Promise<WholeModel | null> {
  const index = new GraphIndex(model);
  const values = await valuesOf(rules.flatMap(({ looksAt }) => looksAt(index)));
  let rewritten = model;
  for (const { rewrite } of rules) {
    const { graph } = rewritten;
    const { replaced, initializer, valueInfo } = rewrite(new GraphIndex(rewritten), values);
    if (replaced.size === 0) continue;
    rewritten = {
      ...rewritten,
      graph: {
        ...graph,
        node: graph.node.flatMap((node) => replaced.get(node) ?? [node]),
        initializer: [...graph.initializer, ...initializer],
        valueInfo: [...graph.valueInfo, ...valueInfo],
      },
    };
  }
  return rewritten === model ? null : withoutUnread(rewritten);
}

/** Without weights that nothing reads any more. */
function withoutUnread({ graph, ...model }: WholeModel): WholeModel {
  const read = new Set([...graph.node.flatMap(namesReadBy), ...graph.output.map(({ name }) => name)]);
  const initializer = graph.initializer.filter(({ name }) => read.has(name));
  return { ...model, graph: { ...graph, initializer } };
}
