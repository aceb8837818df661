import type { MetadataEntry } from '../../core/datapoints.ts';
import { requireSendable, toMetadataJson, type MetadataJson } from './metadata-json.ts';
import type { UploadPace } from './upload-pace.ts';

const requestsInFlight = 4;
/** A request's BLOBs before zipping; a batch ends when it is reached. */
const maxBatchBytes = 16 * 1024 * 1024;

/**
 * Sends values in batches, a few at once. The first batch that fails stops the others and fails the whole; as the server
 * upserts, the whole can be sent again. Of two values for one (path, key) the later one counts.
 */
export async function uploadMetadata(
  entries: readonly MetadataEntry[],
  options: {
    pace: UploadPace;
    send: (batch: MetadataJson[], signal: AbortSignal) => Promise<void>;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { pace, send } = options;
  entries.forEach(requireSendable);
  const values = lastByKey(entries);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
  let next = 0;

  async function sendBatches(): Promise<void> {
    while (next < values.length) {
      signal.throwIfAborted();
      const batch = takeBatch(values, next, pace.size);
      next += batch.length;
      const startedAtMs = performance.now();
      await send(await toMetadataJson(batch), signal);
      pace.succeeded(batch.length, performance.now() - startedAtMs);
    }
  }

  const failures: unknown[] = [];
  const lanes = Array.from({ length: requestsInFlight }, () =>
    sendBatches().catch((error: unknown) => {
      failures.push(error);
      stop.abort();
    }),
  );
  await Promise.all(lanes);
  if (failures.length === 0) return;
  pace.failed(failures[0]);
  throw failures[0];
}

function lastByKey(entries: readonly MetadataEntry[]): MetadataEntry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify([entry.path, entry.key]), entry])).values()];
}

function takeBatch(values: readonly MetadataEntry[], start: number, size: number): MetadataEntry[] {
  let bytes = 0;
  const batch = values.slice(start, start + size);
  const full = batch.findIndex((entry) => {
    bytes += entry.valueType === 'BLOB' ? entry.value.byteLength : 0;
    return bytes > maxBatchBytes;
  });
  return full < 0 ? batch : batch.slice(0, Math.max(full, 1));
}
