import { createRequire } from 'node:module';
import type { load as loadLibrary } from 'koffi';

/**
 * Gives the system back what the C library keeps of freed memory, of all threads. Loading a model leaves as much as the model itself behind, in each
 * thread. Does nothing where the library is not glibc.
 */
export function trimMemory(): void {
  if (process.platform !== 'linux') return;
  try {
    const { load } = createRequire(import.meta.url)('koffi') as { load: typeof loadLibrary };
    load('libc.so.6').func('int malloc_trim(size_t pad)')(0);
  } catch {
    // Without koffi, or on musl.
  }
}
