import { execFile } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const balloon = 'balloon';

/** A file system in memory, small enough to be filled. Linux, and root. */
export class SmallDisk {
  readonly #folder: string;

  /** Null where none can be mounted. */
  static async mount(folder: string, megabytes: number): Promise<SmallDisk | null> {
    await mkdir(folder, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'labelloop-chaos', folder]);
    } catch {
      return null;
    }
    return new SmallDisk(folder);
  }

  /** Unmounts what an earlier run left below a folder when it was killed. */
  static async unmountLeft(below: string): Promise<void> {
    const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
    for (const line of mounts.split('\n')) {
      const [device, folder = ''] = line.split(' ');
      if (device === 'labelloop-chaos' && folder.startsWith(`${below}/`)) await run('umount', ['-l', folder]);
    }
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes every block that is left. */
  async fill(): Promise<void> {
    const file = await open(join(this.#folder, balloon), 'w');
    try {
      for (const bytes of [2 ** 20, 4096])
        for (const piece = Buffer.alloc(bytes); ;)
          try {
            if ((await file.write(piece)).bytesWritten < bytes) break;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            break;
          }
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(join(this.#folder, balloon), { force: true });
  }

  async unmount(): Promise<void> {
    // Lazily: a server that is just ending may hold a file.
    await run('umount', ['-l', this.#folder]);
  }
}
