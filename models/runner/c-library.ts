import { createRequire } from 'node:module';
import type { LibraryHandle, load as loadLibrary } from 'koffi';

/** glibc, for what Node has no call for; null on other systems than Linux, on musl, and without koffi. */
export function cLibrary(): LibraryHandle | null {
  if (process.platform !== 'linux') return null;
  try {
    const { load } = createRequire(import.meta.url)('koffi') as { load: typeof loadLibrary };
    return load('libc.so.6');
  } catch {
    return null;
  }
}
