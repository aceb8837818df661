import type { MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import type { LedgerEntry } from '../core/ledger/ledger-entry.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';

/** @param hash - Of the datapoint's `ledger`; undefined: it has none yet. */
export async function readLedger(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  path: string,
  hash: string | number | boolean | undefined,
  signal: AbortSignal,
): Promise<Ledger> {
  if (hash === undefined) return Ledger.empty;
  return Ledger.read(await cachedBlob(deps, String(hash), signal), `The ledger of "${path}"`);
}

/** The value that adds entries to a ledger; none when it holds them all. */
export function ledgerValue(path: string, ledger: Ledger, entries: readonly LedgerEntry[]): MetadataEntry[] {
  const missing = ledger.missing(entries);
  if (missing.length === 0) return [];
  return [{ path, key: fields.ledger.name, valueType: 'BLOB', value: ledger.with(missing) }];
}
