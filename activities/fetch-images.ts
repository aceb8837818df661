import {
  DomainError,
  ServiceRejectedError,
  ServiceUnavailableError,
  UnexpectedResponseError,
} from '../core/errors.ts';
import type { DataEngine, EncodedImage, KeptImage, LoadedModel, Unreadable } from '../core/ports.ts';
import { mapBounded } from './map-bounded.ts';

/** Images that are in memory at once. */
export const chunkImages = 64;
/** As many as a pipeline takes of small images at a time: answers that come together cost the main thread a tenth less than two halves of them. */
const requestsAtOnce = 16;

export interface FetchedImages {
  readonly items: readonly (EncodedImage | KeptImage)[];
  /** Images whose file is gone, and why. */
  readonly missing: readonly Unreadable[];
  /** Images that the server did not give this time. */
  readonly failed: readonly FailedFetch[];
}

export interface FailedFetch {
  readonly path: string;
  readonly error: Error;
}

/**
 * The images of a chunk, by path, as a model takes them: those that it has kept and that have not changed since are not sent again. A file that is
 * gone is an answer, as one that cannot be decoded is, and so is a server that fails for one of them: the others go on.
 */
export async function fetchImages(
  engine: DataEngine,
  { rootUrl, paths, model }: { rootUrl: string; paths: readonly string[]; model: LoadedModel },
  signal: AbortSignal,
): Promise<FetchedImages> {
  const found = await mapBounded(paths, requestsAtOnce, fetchImage);
  return {
    items: found.flatMap((image) => ('unreadable' in image || 'error' in image ? [] : [image])),
    missing: found.flatMap((image) => ('unreadable' in image ? [image] : [])),
    failed: found.flatMap((image) => ('error' in image ? [image] : [])),
  };

  async function fetchImage(path: string): Promise<EncodedImage | KeptImage | Unreadable | FailedFetch> {
    const name = `${rootUrl}/${path}`;
    const kept = model.recall(name);
    try {
      const known = kept?.version ?? null;
      const room = (bytes: number) => model.room(bytes);
      const file = await engine.fetchImageUnless({ rootUrl, path, known, room }, signal);
      if (!file && kept) return { id: path, ...kept };
      if (!file) throw new Error(`The server says that ${path} has not changed, but it was never fetched.`);
      const { bytes, version } = file;
      return { id: path, bytes, handedOver: true, ...(version !== null && { keepAs: { name, version } }) };
    } catch (error) {
      if (error instanceof DomainError) return { id: path, unreadable: error.message };
      if (!signal.aborted && isOfService(error)) return { path, error };
      throw error;
    }
  }
}

function isOfService(error: unknown): error is Error {
  return (
    error instanceof ServiceUnavailableError ||
    error instanceof ServiceRejectedError ||
    error instanceof UnexpectedResponseError
  );
}
