import { anyOf, equals, type Datapoint } from '../core/datapoints.ts';
import type { DataEngine } from '../core/ports.ts';
import { chunksOf } from './chunks.ts';

/** Datapoints looked up in one go. */
const pathsAtOnce = 100;

/** The datapoints of these paths, as far as the datasource has them, part by part. */
export async function* datapointsAt(
  engine: DataEngine,
  {
    datasourceId,
    paths,
    select,
  }: { datasourceId: string; paths: readonly string[]; select: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<readonly Datapoint[]> {
  for (const some of chunksOf(paths, pathsAtOnce)) {
    const where = anyOf(...some.map((path) => equals('path', path, 'STRING')));
    for await (const { datapoints } of engine.queryDatapoints({ datasourceId, where, select }, signal))
      yield datapoints;
  }
}
