import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { allOf, isNull, type FilterNode, type MetadataEntry } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { chunksOf } from './chunks.ts';
import { chunkImages } from './fetch-images.ts';
import { holdOutCopies } from './hold-out-copies.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import { listPaths } from './mark-batch.ts';

type Deps = Pick<ActivityDeps, 'engine' | 'runner'>;
interface Datasource {
  readonly id: string;
  readonly rootUrl: string;
}

/** Stores the thumbnails of the hold-out's images that have none yet, for `holdOutCopies`. */
export async function storeThumbnails(
  deps: Deps,
  datasource: Datasource,
  holdOut: FilterNode,
): Promise<void> {
  const { name: key, valueType } = fields.thumbnail;
  const where = allOf(holdOut, isNull(key, valueType));
  for await (const paths of listPaths(deps.engine, datasource.id, where, cancellationSignal()))
    for await (const images of thumbnails(deps, datasource, paths)) {
      const entries = images.map(({ path, thumbnail }): MetadataEntry => ({
        path,
        key,
        valueType,
        value: Buffer.from(thumbnail).toString('base64'),
      }));
      await deps.engine.updateMetadata({ datasourceId: datasource.id, entries }, cancellationSignal());
    }
}

/** Marks those of the images that are near copies of one of the hold-out, and answers which. */
export async function markHoldOutCopies(
  deps: Deps,
  datasource: Datasource,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const copies = await holdOutCopies(deps.engine, datasource.id, cancellationSignal());
  const found = new Set<string>();
  for await (const images of thumbnails(deps, datasource, paths)) {
    const entries = images.flatMap(({ path, thumbnail }): MetadataEntry[] => {
      const original = copies.find(thumbnail);
      return original === null ? [] : [nearHoldOutEntry(path, original)];
    });
    for (const { path } of entries) found.add(path);
    await deps.engine.updateMetadata({ datasourceId: datasource.id, entries }, cancellationSignal());
  }
  return found;
}

export function nearHoldOutEntry(path: string, original: string): MetadataEntry {
  return { path, key: fields.nearHoldOut.name, valueType: fields.nearHoldOut.valueType, value: original };
}

/** Of those that can be read. */
async function* thumbnails({ engine, runner }: Deps, { rootUrl }: Datasource, paths: readonly string[]) {
  for (const chunk of chunksOf(paths, chunkImages)) {
    const images = await keepAlive(
      mapBounded(chunk, 8, async (path) => {
        try {
          const thumbnail = await runner.thumbnail(
            await engine.fetchImage({ rootUrl, path }, cancellationSignal()),
          );
          return thumbnail ? [{ path, thumbnail }] : [];
        } catch (error) {
          // A file that is gone has no copy; whoever needs the image says so.
          if (!(error instanceof DomainError)) throw error;
          return [];
        }
      }),
    );
    heartbeat('thumbnails');
    yield images.flat();
  }
}
