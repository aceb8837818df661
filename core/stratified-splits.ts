import type { Split } from './fields.ts';
import { hashUnit } from './hash.ts';
import { splitAt, type SplitRatios } from './splits.ts';

/** Images a block: each share is met to within one image a block and boundary. */
const blockSize = 20;

/**
 * Splits by permuted blocks, as trials are randomised: within a stratum every block of 20 images covers the ratios evenly, in an order by
 * chance. So a rare class has its share in every split, a grown datasource keeps it, and nobody moves, since only the number of
 * images that have a split already decides where the next one stands.
 *
 * @see Matts & Lachin, Properties of permuted-block randomization in clinical trials, 1988.
 */
export class StratifiedSplits {
  readonly #ratios: SplitRatios;
  readonly #seed: number;
  readonly #counts = new Map<string, number>();

  constructor(ratios: SplitRatios, seed: number) {
    this.#ratios = ratios;
    this.#seed = seed;
  }

  /** An image of the stratum has a split already. */
  count(stratum: string): void {
    this.#counts.set(stratum, this.#counted(stratum) + 1);
  }

  /** The split of the stratum's next image. */
  next(stratum: string): Split {
    const index = this.#counted(stratum);
    this.count(stratum);
    const block = `stratum/${this.#seed}/${Math.floor(index / blockSize)}/${stratum}`;
    const slot = permutation(block)[index % blockSize] ?? 0;
    return splitAt((slot + hashUnit(block, `jitter ${slot}`)) / blockSize, this.#ratios);
  }

  #counted(stratum: string): number {
    return this.#counts.get(stratum) ?? 0;
  }
}

/** The slots of a block in its own order. */
function permutation(block: string): number[] {
  const places = Array.from({ length: blockSize }, (_, slot) => ({
    slot,
    at: hashUnit(block, `slot ${slot}`),
  }));
  return places.sort((a, b) => a.at - b.at).map(({ slot }) => slot);
}
