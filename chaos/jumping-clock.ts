import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A clock for one process that can jump; by libfaketime, which Debian has as a package. Linux. */
export class JumpingClock {
  /** What the process must be started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  /** Null where the library is not installed. @param file - Holds how wrong the clock is. */
  static async install(file: string): Promise<JumpingClock | null> {
    const folders = await readdir('/usr/lib').catch(() => []);
    const library = folders
      .map((name) => join('/usr/lib', name, 'faketime/libfaketimeMT.so.1'))
      .find(existsSync);
    if (library === undefined) return null;
    const clock = new JumpingClock(library, file);
    await clock.jump(0);
    return clock;
  }

  private constructor(library: string, file: string) {
    this.#file = file;
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // As when an administrator sets a clock: intervals go on as they were.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** So many hours ahead of the truth, or behind it. */
  async jump(hours: number): Promise<void> {
    await writeFile(this.#file, `${hours < 0 ? '' : '+'}${hours}h\n`);
  }
}
