import type { FilterNode, MetadataEntry } from '../core/datapoints.ts';
import { fields, type Purpose } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';

/**
 * Marks datapoints as chosen. `selected_in_cycle` is what makes a datapoint chosen, so it is written last: an attempt that dies
 * before leaves the datapoint in the pool.
 */
export async function markBatch(
  engine: DataEngine,
  input: {
    datasourceId: string;
    cycle: number;
    chosen: readonly { key: string; purpose: Purpose; rank: number; cluster?: string | undefined }[];
  },
  signal: AbortSignal,
): Promise<void> {
  const { datasourceId, cycle, chosen } = input;
  const why = chosen.flatMap(({ key: path, purpose, rank, cluster }): MetadataEntry[] => [
    { path, key: fields.selectedAs.name, valueType: 'STRING', value: purpose },
    { path, key: fields.selectedRank.name, valueType: 'INTEGER', value: rank },
    ...(cluster === undefined
      ? []
      : [{ path, key: fields.selectedCluster.name, valueType: 'STRING' as const, value: cluster }]),
  ]);
  const when = chosen.map(({ key: path }): MetadataEntry => ({
    path,
    key: fields.selectedInCycle.name,
    valueType: 'INTEGER',
    value: cycle,
  }));
  await engine.updateMetadata({ datasourceId, entries: why }, signal);
  await engine.updateMetadata({ datasourceId, entries: when }, signal);
}

/** Paths of the datapoints that match, page by page. */
export async function* listPaths(
  engine: DataEngine,
  datasourceId: string,
  where: FilterNode,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const pages = engine.queryDatapoints(
    { datasourceId, where, select: [fields.split.name], pageSize: 5000 },
    signal,
  );
  for await (const { datapoints } of pages) yield datapoints.map(({ path }) => path);
}
