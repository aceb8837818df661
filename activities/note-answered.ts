import { withAskedBefore } from '../core/asked-before.ts';
import { anyOf, equals, type MetadataEntry } from '../core/datapoints.ts';
import { fields, type Purpose } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import { chunksOf } from './chunks.ts';

const pathsAtOnce = 100;

/**
 * Keeps of datapoints that another person shall answer which cycle asked them first, and why: a cycle that asks them again takes that place. Written
 * before they are marked; of those that the cycle has marked already it is kept.
 */
export async function noteAnswered(
  engine: DataEngine,
  { datasourceId, cycle, paths }: { datasourceId: string; cycle: number; paths: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const { selectedInCycle, selectedAs, askedBefore } = fields;
  for (const some of chunksOf(paths, pathsAtOnce)) {
    const pages = engine.queryDatapoints(
      {
        datasourceId,
        where: anyOf(...some.map((path) => equals('path', path, 'STRING'))),
        select: [selectedInCycle.name, selectedAs.name, askedBefore.name],
      },
      signal,
    );
    const entries: MetadataEntry[] = [];
    for await (const { datapoints } of pages)
      for (const { path, fields: row } of datapoints) {
        const asked = Number(row[selectedInCycle.name]);
        if (asked === cycle) continue;
        const purpose = row[selectedAs.name] as Purpose;
        const one = { cycle: asked, purpose, ended: 'answered', why: '' } as const;
        const value = withAskedBefore(row[askedBefore.name], one);
        entries.push({ path, key: askedBefore.name, valueType: askedBefore.valueType, value });
      }
    await engine.updateMetadata({ datasourceId, entries }, signal);
  }
}
