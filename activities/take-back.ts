import { withAskedBefore, type AskedBefore } from '../core/asked-before.ts';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { backInPool, fields, type Purpose } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';

/** What {@link takeBack} needs to know of a datapoint. */
export const takenBackFields = [
  fields.selectedInCycle.name,
  fields.selectedAs.name,
  fields.askedBefore.name,
  fields.ledger.name,
] as const;

/**
 * Gives datapoints that a cycle asked back to the pool, and keeps what became of the question. That is written first: an attempt that dies
 * before the rest leaves the datapoint asked, and another writes the same.
 */
export async function takeBack(
  engine: DataEngine,
  { datasourceId, rows, ended, why }: TakenBack,
  signal: AbortSignal,
): Promise<void> {
  const notes = rows.map(({ path, fields: row }): MetadataEntry => {
    const purpose = row[fields.selectedAs.name] as Purpose;
    const cycle = Number(row[fields.selectedInCycle.name]);
    const value = withAskedBefore(row[fields.askedBefore.name], { cycle, purpose, ended, why });
    return { path, key: fields.askedBefore.name, valueType: 'STRING', value };
  });
  const free = rows.map(({ path }): MetadataEntry => ({
    path,
    key: fields.selectedInCycle.name,
    valueType: 'INTEGER',
    value: backInPool,
  }));
  await engine.updateMetadata({ datasourceId, entries: notes }, signal);
  await engine.updateMetadata({ datasourceId, entries: free }, signal);
}

interface TakenBack extends Pick<AskedBefore, 'ended' | 'why'> {
  readonly datasourceId: string;
  /** Asked by a cycle, with {@link takenBackFields}. */
  readonly rows: readonly Datapoint[];
}
