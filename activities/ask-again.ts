import { askedBefore } from '../core/asked-before.ts';
import {
  allOf,
  anyOf,
  compare,
  equals,
  isNull,
  type Datapoint,
  type MetadataEntry,
} from '../core/datapoints.ts';
import { fields, isOfPool } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import { inPool, notExcluded, wasSkipped } from './pool.ts';
import { takeBack, takenBackFields } from './take-back.ts';

const { annotation, askedBefore: before, excluded, selectedAs, selectedInCycle } = fields;

/**
 * What becomes of images that people skipped in a cycle: skipped once, they go back to the pool, to be asked again in the next batch; skipped
 * twice, they are excluded. Hold-out and validation stay as they were drawn.
 */
export async function settleSkips(
  engine: DataEngine,
  { datasourceId, cycle, skipped }: { datasourceId: string; cycle: number; skipped: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<{ again: number; excluded: number }> {
  const once: Datapoint[] = [];
  const twice: MetadataEntry[] = [];
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where: allOf(
        equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
        isNull(annotation.name, annotation.valueType),
        notExcluded,
      ),
      select: [...takenBackFields],
    },
    signal,
  );
  for await (const { datapoints } of pages)
    for (const datapoint of datapoints) {
      const { path, fields: row } = datapoint;
      if (!skipped.has(path) || !isOfPool(row[selectedAs.name])) continue;
      const earlier = askedBefore(row[before.name]).find(
        (one) => one.ended === 'skipped' && one.cycle < cycle,
      );
      if (!earlier) once.push(datapoint);
      else
        twice.push({
          path,
          key: excluded.name,
          valueType: 'STRING',
          value: `skipped in cycle ${earlier.cycle} and again in cycle ${cycle}`,
        });
    }
  await engine.updateMetadata({ datasourceId, entries: twice }, signal);
  await takeBack(engine, { datasourceId, rows: once, ended: 'skipped', why: '' }, signal);
  return { again: once.length, excluded: twice.length };
}

/** Images that were skipped once and wait to be asked again, and those that this cycle asks again already; by path. */
export async function skippedOnce(
  engine: DataEngine,
  { datasourceId, cycle }: { datasourceId: string; cycle: number },
  signal: AbortSignal,
): Promise<{ marked: string[]; waiting: string[] }> {
  const found: Record<'marked' | 'waiting', string[]> = { marked: [], waiting: [] };
  const isMarked = allOf(
    equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
    equals(selectedAs.name, 'again', selectedAs.valueType),
  );
  const isBack = compare(selectedInCycle.name, 'LESS_THAN', 0, selectedInCycle.valueType);
  const pages = engine.queryDatapoints(
    { datasourceId, where: anyOf(isMarked, allOf(inPool, isBack)), select: [...takenBackFields] },
    signal,
  );
  for await (const { datapoints } of pages)
    for (const datapoint of datapoints)
      if (datapoint.fields[selectedInCycle.name] === cycle) found.marked.push(datapoint.path);
      else if (wasSkipped(datapoint)) found.waiting.push(datapoint.path);
  found.waiting.sort();
  return found;
}
