import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { processIdentity } from '../../stack/process-identity.ts';
import { tryLock, waitForLock } from '../../stack/process-lock.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-lock-'));
  file = join(folder, 'it.lock');
});
afterEach(() => rm(folder, { recursive: true }));

async function lock() {
  const held = await tryLock(file);
  if (!('release' in held)) throw new Error('The lock is held.');
  return held;
}

describe('tryLock', () => {
  it('is held by one, and names that process to the next', async () => {
    const held = await lock();
    expect(await tryLock(file)).toEqual({ heldBy: process.pid });
    await held.release();
    await (await lock()).release();
  });

  it('is given to exactly one of many', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryLock(file)));
    const held = answers.filter((answer) => 'release' in answer);
    expect(held).toHaveLength(1);
    await held[0]?.release();
  });

  it('is free again once its process is killed', async () => {
    const holder = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', holderProgram(file)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exit = once(holder, 'exit');
    try {
      await once(holder.stdout, 'data');
      expect(await tryLock(file)).toEqual({ heldBy: holder.pid });
    } finally {
      holder.kill('SIGKILL');
    }
    await exit;
    await (await lock()).release();
  });
});

function holderProgram(path: string): string {
  const module = pathToFileURL(join(__dirname, '../../stack/process-lock.ts')).href;
  return `
    import { tryLock } from ${JSON.stringify(module)};
    await tryLock(${JSON.stringify(path)});
    console.log('held');
    setInterval(() => undefined, 1000);`;
}

describe('waitForLock', () => {
  it('comes in when the other goes out', async () => {
    const held = await lock();
    const waits: number[] = [];
    const next = waitForLock(file, {
      onWait(heldBy) {
        waits.push(heldBy);
        void held.release();
      },
    });
    await (await next).release();
    expect(waits).toEqual([process.pid]);
  });
});

describe('processIdentity', () => {
  it('is lasting for a process, and null for none', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(process.pid)).not.toBe(processIdentity(1));
    expect(processIdentity(2 ** 22 - 1)).toBeNull();
  });
});
