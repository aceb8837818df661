import { DomainError } from '../errors.ts';
import { entryKey, ledgerEntrySchema, type AnnotationVersion, type LedgerEntry } from './ledger-entry.ts';

/**
 * The ledger of one datapoint: all that happened to it in reviews, oldest first, as lines of JSON. Entries are added and never changed, so what
 * stands in the Data Engine always begins with what stood there before.
 */
export class Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array, entries: readonly LedgerEntry[]) {
    this.#bytes = bytes;
    this.entries = entries;
  }

  static readonly empty = new Ledger(new Uint8Array(), []);

  /**
   * @param what - Names the ledger in messages.
   * @throws DomainError when a line is no JSON. Never retried.
   */
  static read(bytes: Uint8Array, what: string): Ledger {
    const lines = new TextDecoder().decode(bytes).split('\n');
    const entries = lines.flatMap((line, index) => {
      if (line === '') return [];
      try {
        const entry = ledgerEntrySchema.safeParse(JSON.parse(line));
        return entry.success ? [entry.data] : [];
      } catch {
        throw new DomainError(`${what} is broken: line ${index + 1} is no JSON.`);
      }
    });
    return new Ledger(bytes, entries);
  }

  /** Those of the entries that it does not hold yet, each once. */
  missing(entries: readonly LedgerEntry[]): LedgerEntry[] {
    const known = new Set(this.entries.map(entryKey));
    return entries.filter((entry) => {
      const key = entryKey(entry);
      return !known.has(key) && known.add(key);
    });
  }

  /** The bytes with these entries after those that are there. */
  with(entries: readonly LedgerEntry[]): Uint8Array {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const added = new TextEncoder().encode(lines);
    const bytes = new Uint8Array(this.#bytes.length + added.length);
    bytes.set(this.#bytes);
    bytes.set(added, this.#bytes.length);
    return bytes;
  }

  /**
   * The newest version of each annotation that nobody deleted, in the order in which people made them.
   *
   * @param before - Only of what happened in cycles before this one.
   */
  standing(before = Infinity): AnnotationVersion[] {
    const standing = new Map<string, AnnotationVersion>();
    for (const entry of this.entries) {
      if (!('annotation' in entry) || entry.cycle >= before) continue;
      const key = `${entry.project}/${entry.annotation}`;
      if (entry.event === 'deleted') standing.delete(key);
      else standing.set(key, entry);
    }
    return [...standing.values()].sort(
      (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.annotation - b.annotation,
    );
  }
}
