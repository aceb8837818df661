import { fields } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';

/** Takes the annotations of datapoints away, after people deleted all answers. */
export async function clearAnnotations(
  engine: DataEngine,
  { datasourceId, ids }: { datasourceId: string; ids: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const { annotation, annotatedInCycle, predLoss, annotationSource } = fields;
  const clear = (...names: string[]) =>
    engine.deleteMetadata({ datasourceId, datapoints: ids.map((id) => ({ id, fields: names })) }, signal);
  if (ids.length === 0) return;
  await clear(annotation.name, annotatedInCycle.name, predLoss.name);
  // After the rest: an attempt that dies before clears the same again.
  await clear(annotationSource.name);
}
