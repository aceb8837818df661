import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LibraryHandle, load as loadLibrary } from 'koffi';

/** libjpeg-turbo's own decoder, on the calling thread. */
export interface JpegTurbo {
  /**
   * Decodes to RGB and an unused fourth byte, or to grey.
   *
   * @param into - Has room for the image.
   * @param size - The image's own; or half of it, rounded up, in which case it is halved on the way, as by PIL's `draft`.
   * @returns False when the decoder finds anything wrong, a warning included; then `into` holds anything.
   */
  decode(
    bytes: Uint8Array,
    into: Uint8Array,
    size: { width: number; height: number; channels: 1 | 4 },
  ): boolean;
}

type Load = typeof loadLibrary;

const pixelFormats = { 1: 6, 4: 2 } as const;

/**
 * The libjpeg-turbo in `@julusian/jpeg-turbo`'s prebuilt for Linux, through its C interface: that package's own
 * functions take the quick transform, whose bytes are not those of sharp, PIL and OpenCV.
 * Null where the optional packages or a prebuilt for this machine are missing; sharp decodes there.
 */
export function openJpegTurbo(): JpegTurbo | null {
  if (process.platform !== 'linux') return null;
  const require = createRequire(import.meta.url);
  try {
    const { load } = require('koffi') as { load: Load };
    const folder = dirname(require.resolve('@julusian/jpeg-turbo/package.json'));
    const inPackage = (libc: string) =>
      join(folder, 'prebuilds', `jpeg-turbo-linux-${process.arch}${libc}`, 'libturbojpeg.so.0');
    return decoder(loadEither(load, inPackage(''), inPackage('-musl')));
  } catch {
    return null;
  }
}

function loadEither(load: Load, file: string, other: string): LibraryHandle {
  try {
    return load(file);
  } catch {
    return load(other);
  }
}

function decoder(library: LibraryHandle): JpegTurbo {
  const begin = library.func('void *tjInitDecompress()');
  const decompress = library.func(
    'int tjDecompress2(void *handle, const uint8_t *bytes, ulong size, uint8_t *into, int width, int pitch, int height, int format, int flags)',
  );
  // One for all images of this thread; it goes with the process.
  const handle: unknown = begin();
  if (handle === null) throw new Error('libjpeg-turbo cannot be initialised');
  return {
    decode: (bytes, into, { width, height, channels }) =>
      decompress(handle, bytes, bytes.byteLength, into, width, 0, height, pixelFormats[channels], 0) === 0,
  };
}
