import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { hashUnit } from '../core/hash.ts';
import { splitOf, type SplitRatios } from '../core/splits.ts';
import { readDigitRows } from './digit-rows.ts';

/** Side of a scan, and how much it is enlarged so that a person can read it. */
const side = 8;
const scale = 16;

export interface DigitImages {
  /** Folder of PNGs. */
  readonly folder: string;
  /** File name → digit: what the simulated annotator knows, and nobody else. */
  readonly truth: ReadonlyMap<string, string>;
}

/**
 * Writes the handwritten digits that ship with scikit-learn (UCI optdigits: 1,797 scans of 8×8, 16 grey levels) as 128×128 PNGs.
 * In the train split only 15 % of the odd digits are kept, so that the pool is skewed as real ones are; valid and test stay as they are.
 *
 * @param environment - A Python environment that holds scikit-learn.
 */
export async function writeDigits(
  environment: string,
  target: string,
  choice: { ratios: SplitRatios; seed: number },
): Promise<DigitImages> {
  const folder = join(target, 'images');
  const truthFile = join(target, 'truth.json');
  const known = await readFile(truthFile, 'utf8').catch(() => null);
  if (known !== null)
    return { folder, truth: new Map(Object.entries(JSON.parse(known) as Record<string, string>)) };

  const rows = await readDigitRows(environment);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const truth = new Map<string, string>();
  for (const [index, values] of rows.entries()) {
    const digit = values[side * side] ?? NaN;
    const name = `digit-${String(index).padStart(4, '0')}.png`;
    const isThinned = digit % 2 === 1 && splitOf(name, choice.ratios, choice.seed) === 'train';
    if (isThinned && hashUnit('thin', name) >= 0.15) continue;
    await writePng(join(folder, name), values.slice(0, side * side));
    truth.set(name, String(digit));
  }
  // Renamed last: a folder without this file is written anew.
  await writeFile(`${truthFile}.tmp`, JSON.stringify(Object.fromEntries(truth)));
  await rename(`${truthFile}.tmp`, truthFile);
  return { folder, truth };
}

async function writePng(file: string, greys: readonly number[]): Promise<void> {
  const pixels = Uint8Array.from(greys, (grey) => Math.round((grey / 16) * 255));
  await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .resize(side * scale, side * scale, { kernel: 'nearest' })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}
