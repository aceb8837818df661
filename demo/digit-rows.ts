import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DomainError } from '../core/errors.ts';

/**
 * The handwritten digits that ship with scikit-learn (UCI optdigits: 1,797 scans of 8×8, 16 grey levels): a row each, 64 grey values in 0..16 and
 * the digit.
 *
 * @param environment - A Python environment that holds scikit-learn.
 */
export async function readDigitRows(environment: string): Promise<number[][]> {
  return gunzipSync(await readFile(await findCsv(environment)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((row) => row.split(',').map(Number));
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
