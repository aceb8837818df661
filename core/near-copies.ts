import { indexOfMax } from './selection/index-of-max.ts';
import { VectorRows } from './selection/vector-rows.ts';
import { thumbnailSide } from './thumbnail-side.ts';

const levels = thumbnailSide ** 2;
/** Correlation from which an image counts as a copy: compressed again, resized or lightened it has 0.999 and more. */
const leastCorrelation = 0.995;
/** Standard deviation, in grey levels, below which a thumbnail shows rounding more than an image. */
const leastContrast = 2;

/**
 * Finds the image that another one is a near copy of, among a few hundred: their thumbnails correlate by 0.995 or more. Brightness and contrast do
 * not matter; a mirrored, turned or cropped image is no copy.
 */
export class NearCopies {
  readonly #paths: readonly string[];
  readonly #vectors: VectorRows;

  /** @param known - Thumbnails as `thumbnailOf` gives them; flat ones are passed over. */
  constructor(known: readonly { readonly path: string; readonly thumbnail: Uint8Array }[]) {
    const usable = known.flatMap(({ path, thumbnail }) => {
      const direction = directionOf(thumbnail);
      return direction ? [{ path, direction }] : [];
    });
    this.#paths = usable.map(({ path }) => path);
    this.#vectors = new VectorRows(levels, usable.length + 1);
    usable.forEach(({ direction }, index) => this.#vectors.row(index).set(direction));
  }

  /** The path of the most alike one, if it is a near copy. */
  find(thumbnail: Uint8Array): string | null {
    const count = this.#paths.length;
    const direction = directionOf(thumbnail);
    if (count === 0 || !direction) return null;
    this.#vectors.row(count).set(direction);
    const correlations = this.#vectors.dots(count, 0, count);
    const at = indexOfMax(correlations);
    return (correlations[at] ?? 0) < leastCorrelation ? null : (this.#paths[at] ?? null);
  }
}

/** Less its mean, of length 1: products of two are correlations. Null for a flat image. */
function directionOf(thumbnail: Uint8Array): Float32Array | null {
  let sum = 0;
  let squares = 0;
  for (const level of thumbnail) {
    sum += level;
    squares += level * level;
  }
  const mean = sum / levels;
  const length = Math.sqrt(Math.max(squares - sum * mean, 0));
  if (thumbnail.length !== levels || length < leastContrast * Math.sqrt(levels)) return null;
  const direction = new Float32Array(levels);
  for (let at = 0; at < levels; at++) direction[at] = ((thumbnail[at] as number) - mean) / length;
  return direction;
}
