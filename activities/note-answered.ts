import { withAskedBefore } from '../core/asked-before.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { fields, type Purpose } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import { datapointsAt } from './datapoints-at.ts';

/** A labelled datapoint that another person shall answer. */
export interface AskedOfAnother {
  readonly path: string;
  /** That models take it for which have not seen its label. */
  readonly class: string | null;
}

/**
 * Keeps of datapoints that another person shall answer what models take them for, which cycle asked them before, and why: a cycle that asks them again
 * takes that place. Written before they are marked; of those that the cycle has marked already it is kept.
 */
export async function noteAnswered(
  engine: DataEngine,
  { datasourceId, cycle, chosen }: { datasourceId: string; cycle: number; chosen: readonly AskedOfAnother[] },
  signal: AbortSignal,
): Promise<void> {
  const { selectedInCycle, selectedAs, askedBefore, unseenClass } = fields;
  const classes = new Map(chosen.map((one) => [one.path, one.class]));
  const query = {
    datasourceId,
    paths: [...classes.keys()],
    select: [selectedInCycle.name, selectedAs.name, askedBefore.name],
  };
  for await (const page of datapointsAt(engine, query, signal)) {
    const entries: MetadataEntry[] = [];
    for (const { path, fields: row } of page) {
      const asked = Number(row[selectedInCycle.name]);
      if (asked === cycle) continue;
      const purpose = row[selectedAs.name] as Purpose;
      const one = { cycle: asked, purpose, ended: 'answered', why: '' } as const;
      const value = withAskedBefore(row[askedBefore.name], one);
      entries.push({ path, key: askedBefore.name, valueType: askedBefore.valueType, value });
      const unseen = classes.get(path) ?? null;
      if (unseen !== null)
        entries.push({ path, key: unseenClass.name, valueType: unseenClass.valueType, value: unseen });
    }
    await engine.updateMetadata({ datasourceId, entries }, signal);
  }
}
