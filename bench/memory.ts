import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Bounds } from './bounds.ts';

const sizes = [1797, 50_000];
/** A worker that held the datapoints would need 28 times as much for them. */
const mostTimes = 1.25;

/**
 * A worker's peak memory over one cycle's passes (enrich, split, plan, infer, select) at 1,797 and at 50,000 images, each in a process of
 * its own, with the real Data Engine in another and inference for real.
 *
 * @throws Error when the peak grows by a quarter or more.
 */
export async function benchMemory(): Promise<void> {
  const bounds = new Bounds();
  const peaks: number[] = [];
  for (const images of sizes) {
    const child = fileURLToPath(new URL('memory-cycle.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      child,
      String(images),
    ]);
    const { peakMegabytes, seconds } = JSON.parse(stdout) as { peakMegabytes: number; seconds: number };
    console.log(
      `${String(images).padStart(6)} images  ${peakMegabytes.toFixed(0)} MB at the peak  ${seconds.toFixed(0)} s`,
    );
    peaks.push(peakMegabytes);
  }
  bounds.below('peak at 50,000 images, as times of 1,797', (peaks[1] ?? NaN) / (peaks[0] ?? NaN), mostTimes);
  bounds.assert();
}
