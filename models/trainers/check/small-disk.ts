import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A folder that takes next to nothing. */
export interface SmallDisk {
  /** Name of the folder, in the one that it was opened in. */
  readonly name: string;
  /** What it is, for a person. */
  readonly how: string;
  /** Words before the command that is to feel it. */
  readonly prefix: readonly string[];
  readonly close: () => Promise<void>;
}

const name = 'full';
const sizeKb = 8;
const run = promisify(execFile);

/** A tmpfs of 8 KiB where we may mount one (root on Linux), else a limit on the size of every file that is written. */
export async function openSmallDisk(dir: string): Promise<SmallDisk> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKb}k`, 'tmpfs', folder]);
  } catch {
    const how = `files limited to ${sizeKb / 2} KiB by ulimit, as no tmpfs can be mounted`;
    // In blocks of 512 bytes.
    const prefix = ['sh', '-c', `ulimit -f ${sizeKb}; exec "$@"`, 'sh'];
    return { name, how, prefix, close: () => Promise.resolve() };
  }
  return {
    name,
    how: `tmpfs of ${sizeKb} KiB`,
    prefix: [],
    close: async () => {
      await run('umount', [folder]).catch(() => run('umount', ['--lazy', folder]));
    },
  };
}
