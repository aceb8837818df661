import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import type { FailedFetch } from './fetch-images.ts';

/** So many may fail before a tenth of them says anything: half a chunk. */
const fewFailures = 8;
const mostFailedShare = 0.1;

/** Tells images that cannot be fetched from a service that is down: it is the service when more than eight, and more than a tenth, fail. */
export class FetchFaults {
  readonly failed: FailedFetch[] = [];
  #asked = 0;

  /** @throws The newest failure when it is the service that fails, for Temporal to retry. */
  add(asked: number, failed: readonly FailedFetch[]): void {
    this.#asked += asked;
    this.failed.push(...failed);
    const most = Math.max(fewFailures, this.#asked * mostFailedShare);
    const newest = this.failed.at(-1);
    if (newest && this.failed.length > most) throw newest.error;
  }
}

/** Others that are asked for before a service is said to be down. */
const controls = 3;

/** Whether the service gives any image but these at this moment: then these are at fault. */
export async function givesOthers(
  engine: DataEngine,
  { datasource, failed }: { datasource: { id: string; rootUrl: string }; failed: readonly FailedFetch[] },
  signal: AbortSignal,
): Promise<boolean> {
  const faulty = new Set(failed.map(({ path }) => path));
  const pageSize = faulty.size + controls;
  const query = { datasourceId: datasource.id, select: [fields.split.name], pageSize };
  for await (const { datapoints } of engine.queryDatapoints(query, signal)) {
    const others = datapoints.filter(({ path }) => !faulty.has(path)).slice(0, controls);
    for (const { path } of others) if (await gives(path)) return true;
    if (others.length > 0) return false;
  }
  return false;

  async function gives(path: string): Promise<boolean> {
    try {
      await engine.fetchImage({ rootUrl: datasource.rootUrl, path }, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return error instanceof DomainError;
    }
  }
}
