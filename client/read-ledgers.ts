import { Ledger } from '../core/ledger/ledger.ts';
import type { DataEngine } from '../core/ports.ts';

const atOnce = 16;

/** The ledgers of datapoints by path. @param hashes - Of their `ledger`, by path. */
export async function readLedgers(
  engine: DataEngine,
  hashes: ReadonlyMap<string, string>,
): Promise<Map<string, Ledger>> {
  const ledgers = new Map<string, Ledger>();
  const wanted = [...hashes];
  for (let start = 0; start < wanted.length; start += atOnce)
    await Promise.all(
      wanted.slice(start, start + atOnce).map(async ([path, hash]) => {
        ledgers.set(path, Ledger.read(await engine.fetchBlob(hash), `The ledger of "${path}"`));
      }),
    );
  return ledgers;
}
