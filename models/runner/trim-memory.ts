import { cLibrary } from './c-library.ts';

/**
 * Gives the system back what the C library keeps of freed memory, of all threads. Loading a model leaves as much as the model itself behind, in each
 * thread. Does nothing where the library is not glibc.
 */
export function trimMemory(): void {
  cLibrary()?.func('int malloc_trim(size_t pad)')(0);
}
