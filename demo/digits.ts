import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { DomainError } from '../core/errors.ts';
import { hashUnit } from '../core/hash.ts';
import { splitOf, type SplitRatios } from '../core/splits.ts';

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

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const truth = new Map<string, string>();
  for (const [index, values] of (await readDigits(environment)).entries()) {
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

/** The digits as they come: 64 grey levels from 0 to 16, then the digit. @param environment - As of {@link writeDigits}. */
export async function readDigits(environment: string): Promise<number[][]> {
  const rows = gunzipSync(await readFile(await findCsv(environment))).toString('utf8');
  return rows
    .trim()
    .split('\n')
    .map((row) => row.split(',').map(Number));
}

async function writePng(file: string, greys: readonly number[]): Promise<void> {
  const pixels = Uint8Array.from(greys, (grey) => Math.round((grey / 16) * 255));
  await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .resize(side * scale, side * scale, { kernel: 'nearest' })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}

async function findCsv(environment: string): Promise<string> {
  const lib = join(environment, 'lib');
  const versions = await readdir(lib).catch(() => []);
  for (const version of versions) {
    const file = join(lib, version, 'site-packages', 'sklearn', 'datasets', 'data', 'digits.csv.gz');
    if (
      await readFile(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new DomainError(`No scikit-learn with its digits under ${environment}.`);
}
