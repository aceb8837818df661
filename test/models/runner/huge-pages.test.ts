import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { layInHugePages } from '../../../models/runner/huge-pages.ts';

const setting = '/sys/kernel/mm/transparent_hugepage/enabled';
/** Linux can at once from 6.1 on. */
const canLay =
  parseFloat(release()) >= 6.1 && existsSync(setting) && !readFileSync(setting, 'utf8').includes('[never]');
const megabyte = 2 ** 20;

(canLay ? test : test.skip)(
  'memory that is there comes to lie in huge pages, and keeps what it holds',
  () => {
    const memory = new Uint8Array(64 * megabyte);
    for (let at = 0; at < memory.length; at += 1024) memory[at] = at % 251;
    const before = hugeBytes();
    layInHugePages();
    expect(hugeBytes() - before).toBeGreaterThan(32 * megabyte);
    for (let at = 0; at < memory.length; at += 1024)
      if (memory[at] !== at % 251) throw new Error(`byte ${at} is ${memory[at]}`);
  },
);

function hugeBytes(): number {
  const [, kilobytes] =
    /AnonHugePages: +(\d+) kB/.exec(readFileSync('/proc/self/smaps_rollup', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
