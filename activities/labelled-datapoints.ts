import type { FilterNode } from '../core/datapoints.ts';
import { allOf, isNotNull } from '../core/datapoints.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import { fields } from '../core/fields.ts';
import { choiceOf } from '../core/results.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';

export interface LabelledDatapoint {
  readonly path: string;
  /** Class name, one of the given classes. */
  readonly label: string;
}

/** The annotated datapoints that match, with their class, page by page in a stable order. */
export async function* labelledDatapoints(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  input: { datasourceId: string; where: FilterNode; classes: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<readonly LabelledDatapoint[]> {
  const { name, valueType } = fields.annotation;
  const pages = deps.engine.queryDatapoints(
    {
      datasourceId: input.datasourceId,
      where: allOf(isNotNull(name, valueType), input.where),
      select: [name],
    },
    signal,
  );
  for await (const { datapoints } of pages)
    yield await keepAlive(
      mapBounded(datapoints, 8, async ({ path, fields: values }) => {
        const what = `The annotation of "${path}"`;
        const blob = await cachedBlob(deps, String(values[name]), signal);
        return { path, label: choiceOf(resultOfBlob(blob, what), input.classes, what) };
      }),
    );
}
