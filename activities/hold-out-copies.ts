import { allOf, equals, isNotNull } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { NearCopies } from '../core/near-copies.ts';
import type { DataEngine } from '../core/ports.ts';

/** The hold-out, to be held against: what is a near copy of an image of it must neither be asked nor learnt from. */
export async function holdOutCopies(
  engine: DataEngine,
  datasourceId: string,
  signal: AbortSignal,
): Promise<NearCopies> {
  const { selectedAs, thumbnail } = fields;
  const where = allOf(
    equals(selectedAs.name, 'hold-out', selectedAs.valueType),
    isNotNull(thumbnail.name, thumbnail.valueType),
  );
  const known = [];
  for await (const { datapoints } of engine.queryDatapoints(
    { datasourceId, where, select: [thumbnail.name] },
    signal,
  ))
    for (const { path, fields: row } of datapoints)
      known.push({ path, thumbnail: Buffer.from(String(row[thumbnail.name]), 'base64') });
  return new NearCopies(known);
}
