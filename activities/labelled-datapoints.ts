import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import type { FilterNode } from '../core/datapoints.ts';
import { allOf, isNotNull } from '../core/datapoints.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import { fields } from '../core/fields.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';

export interface LabelledDatapoint {
  readonly path: string;
  readonly truth: Truth;
}

/** The annotated datapoints that match, with what people said of them, page by page in a stable order. */
export async function* labelledDatapoints(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  input: {
    datasourceId: string;
    where: FilterNode;
    scheme: LabelScheme;
    /** Seconds since 1970; absent: now. */
    asOf?: number;
  },
  signal: AbortSignal,
): AsyncGenerator<readonly LabelledDatapoint[]> {
  const { name } = fields.annotation;
  const answers = answersOf(input.scheme);
  const pages = deps.engine.queryDatapoints(
    {
      datasourceId: input.datasourceId,
      where: isLabelled(input.where),
      select: [name],
      ...(input.asOf !== undefined && { asOf: input.asOf }),
    },
    signal,
  );
  for await (const { datapoints } of pages)
    yield await keepAlive(
      mapBounded(datapoints, 8, async ({ path, fields: values }) => {
        const what = `The annotation of "${path}"`;
        const blob = await cachedBlob(deps, String(values[name]), signal);
        return { path, truth: answers.truthOf(resultOfBlob(blob, what), what) };
      }),
    );
}

/** The annotated ones of those that match. */
export function isLabelled(where: FilterNode): FilterNode {
  const { name, valueType } = fields.annotation;
  return allOf(isNotNull(name, valueType), where);
}
