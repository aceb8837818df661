import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import type { AskedRow } from './asked-rows.ts';
import { clearAnnotations } from './clear-annotations.ts';
import { markStale } from './mark-stale.ts';

/**
 * Makes way for labels that are other ones now, or none (null), than those that the Data Engine holds: the models that learnt from them are marked,
 * and where no label is left `annotation` is cleared.
 */
export async function replaceLabels(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'workDir'>,
  {
    datasourceId,
    loop,
    labels,
    rows,
  }: {
    datasourceId: string;
    loop: string;
    labels: ReadonlyMap<string, Truth | null>;
    rows: ReadonlyMap<string, AskedRow>;
  },
  signal: AbortSignal,
): Promise<{ cleared: number; stale: readonly number[] }> {
  if (labels.size === 0) return { cleared: 0, stale: [] };
  const holdOut = [...labels.keys()].filter((path) => rows.get(path)?.purpose === 'hold-out');
  const stale = await markStale(deps, { loop, changes: labels, holdOut }, signal);
  const ids = [...labels].flatMap(([path, truth]) => (truth === null ? (rows.get(path)?.id ?? []) : []));
  await clearAnnotations(deps.engine, { datasourceId, ids }, signal);
  return { cleared: ids.length, stale };
}
