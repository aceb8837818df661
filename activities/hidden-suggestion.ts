import { resultOfBlob } from '../core/annotation-blob.ts';
import type { ReviewAnnotation } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import type { AskedRow } from './asked-rows.ts';
import { cachedBlob } from './blob-cache.ts';

/** What the person who answered was not shown; undefined where it was shown, or there was nothing to show. */
export async function hiddenSuggestion(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  path: string,
  row: AskedRow | undefined,
  signal: AbortSignal,
): Promise<NonNullable<ReviewAnnotation['startedFrom']> | undefined> {
  if (!row?.isBlind || row.prediction === undefined || row.predRun === undefined) return undefined;
  const blob = await cachedBlob(deps, row.prediction, signal);
  return { modelVersion: row.predRun, result: resultOfBlob(blob, `The prediction of "${path}"`) };
}
