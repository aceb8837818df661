import { DomainError } from '../core/errors.ts';
import type { DataEngine } from '../core/ports.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';

/** Images that are in memory at once. */
export const chunkImages = 64;

type Found = { readonly id: string; readonly bytes: Uint8Array; readonly handedOver: true };
type Missing = { readonly id: string; readonly unreadable: string };

export interface FetchedImages {
  readonly items: readonly Found[];
  /** Images whose file is gone, and why. */
  readonly missing: readonly Missing[];
}

/** The images of a chunk, by path. A file that is gone is an answer, as one that cannot be decoded is: the others go on. */
export async function fetchImages(
  engine: DataEngine,
  { rootUrl, paths }: { rootUrl: string; paths: readonly string[] },
  signal: AbortSignal,
): Promise<FetchedImages> {
  const found = await keepAlive(
    mapBounded(paths, 8, async (path): Promise<Found | Missing> => {
      try {
        const bytes = await engine.fetchImage({ rootUrl, path }, signal);
        return { id: path, bytes, handedOver: true };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return { id: path, unreadable: error.message };
      }
    }),
  );
  return {
    items: found.flatMap((image) => ('bytes' in image ? [image] : [])),
    missing: found.flatMap((image) => ('unreadable' in image ? [image] : [])),
  };
}
