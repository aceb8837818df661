import { sourceOfBlob, resultOfBlob } from '../core/annotation-blob.ts';
import type { Answers } from '../core/answers/answers.ts';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { withdrawnTitle } from '../core/review-title.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import type { AskedRow } from './asked-rows.ts';
import { cachedBlob } from './blob-cache.ts';
import { clearAnnotations } from './clear-annotations.ts';
import { keepAlive } from './keep-alive.ts';
import { lossEntry } from './loss-entry.ts';
import { mapBounded } from './map-bounded.ts';
import { readLedger } from './read-ledger.ts';
import { recordWithdrawn } from './record-withdrawn.ts';

interface Usable {
  readonly path: string;
  readonly row: AskedRow;
  readonly truth: Truth;
  readonly source: string;
}

interface Unusable {
  /** The datapoint's. */
  readonly id: string;
  readonly reason: string;
}

/**
 * Takes over what came into `annotation` otherwise than from the loop's review, as from a project behind the link of `annotate()`: of datapoints that
 * were sent to the review's project. Their tasks are taken away, unless somebody touched them: then the review's answer counts. What the loop cannot take is
 * taken out of `annotation`, so that nothing learns from it, and its task stays. Key: `annotation_source`, written last.
 *
 * @param rows - Of the review's datapoints, by path.
 * @returns How many were taken over, and why others were not.
 */
export async function adoptAnnotations(
  deps: Pick<ActivityDeps, 'engine' | 'board' | 'workDir'>,
  {
    loop,
    datasourceId,
    projectId,
    cycle,
    answers,
  }: { loop: string; datasourceId: string; projectId: number; cycle: number; answers: Answers },
  rows: ReadonlyMap<string, AskedRow>,
  signal: AbortSignal,
): Promise<{ adopted: number; refused: readonly string[] }> {
  const foreign = [...rows].filter(([, row]) => row.annotation !== undefined && row.source === undefined);
  const found = (await keepAlive(mapBounded(foreign, 8, ([path, row]) => read(path, row)))).flat();
  if (found.length === 0) return { adopted: 0, refused: [] };
  const unusable = found.filter((one) => 'reason' in one);
  const usable = found.filter((one) => 'truth' in one);
  const keys = usable.map(({ path }) => path);
  const gone = new Set(
    await keepAlive(
      deps.board.withdrawTasks({ projectId, keys, shelf: withdrawnTitle(loop, cycle) }, signal),
    ),
  );
  const adopted = usable.filter(({ path }) => gone.has(path));
  const taken = adopted.map(({ path, row }): Datapoint => {
    const { id, cycle, ledger = '' } = row;
    return { id, path, fields: { [fields.selectedInCycle.name]: cycle, [fields.ledger.name]: ledger } };
  });
  await recordWithdrawn(
    deps,
    { datasourceId, projectId, rows: taken, why: 'annotated in the Data Engine' },
    signal,
  );
  const entries = await keepAlive(mapBounded(adopted, 8, (one) => entriesOf(one)));
  await deps.engine.updateMetadata({ datasourceId, entries: entries.flat() }, signal);
  const sources = adopted.map(({ path, source: value }): MetadataEntry => {
    return { path, key: fields.annotationSource.name, valueType: 'STRING', value };
  });
  await deps.engine.updateMetadata({ datasourceId, entries: sources }, signal);
  await clearAnnotations(deps.engine, { datasourceId, ids: unusable.map(({ id }) => id) }, signal);
  return { adopted: adopted.length, refused: unusable.map(({ reason }) => reason) };

  async function read(path: string, row: AskedRow): Promise<readonly (Usable | Unusable)[]> {
    const { entries: known } = await readLedger(deps, path, row.ledger, signal);
    // A cycle may have several reviews.
    if (!known.some((one) => one.event === 'sent' && one.project === projectId)) return [];
    const what = `The annotation of "${path}" in the Data Engine`;
    const blob = await cachedBlob(deps, row.annotation ?? '', signal);
    try {
      const truth = answers.truthOf(resultOfBlob(blob, what), what);
      return [{ path, row, truth, source: sourceOfBlob(blob) }];
    } catch (error) {
      if (error instanceof DomainError) return [{ id: row.id, reason: error.message }];
      throw error;
    }
  }

  async function entriesOf({ path, row, truth }: Usable): Promise<MetadataEntry[]> {
    const { name: key, valueType } = fields.annotatedInCycle;
    const annotated: MetadataEntry = { path, key, valueType, value: row.cycle };
    const { prediction } = row;
    if (prediction === undefined) return [annotated];
    return [annotated, await lossEntry(deps, { path, prediction, truth }, answers, signal)];
  }
}
