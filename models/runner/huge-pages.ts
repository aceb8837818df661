import { readFileSync } from 'node:fs';
import { cLibrary } from './c-library.ts';

const folder = '/sys/kernel/mm/transparent_hugepage';
/** Linux 6.1 and newer: makes huge pages of what is there, now and once. */
const madvCollapse = 25;

/**
 * Lays this process's memory together in pages of 2 MB: a processor keeps the places of a few thousand pages at hand, and a model goes through more
 * of 4 KB. Memory that comes later stays as it is, so it is for the time when models are loaded and have run once. Does nothing where the system
 * cannot, or must not by `transparent_hugepage/enabled`.
 */
export function layInHugePages(): void {
  const page = hugePageBytes();
  const library = page > 0 ? cLibrary() : null;
  if (!library) return;
  const madvise = library.func('int madvise(uintptr_t address, size_t length, int advice)');
  for (const { from, to } of anonymousMemory()) {
    const start = Math.ceil(from / page) * page;
    const end = Math.floor(to / page) * page;
    // What it cannot lay together it leaves as it is.
    if (end > start) madvise(start, end - start, madvCollapse);
  }
}

/** 0 where there are none. */
function hugePageBytes(): number {
  try {
    if (readFileSync(`${folder}/enabled`, 'utf8').includes('[never]')) return 0;
    return Number(readFileSync(`${folder}/hpage_pmd_size`, 'utf8'));
  } catch {
    return 0;
  }
}

/** What no file stands behind, and only this process writes: addresses, `to` not included. */
function anonymousMemory(): { from: number; to: number }[] {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0 *(?:\[heap\])?$/gm)].map(
    ([, from = '', to = '']) => ({ from: parseInt(from, 16), to: parseInt(to, 16) }),
  );
}
