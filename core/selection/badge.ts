import { indexOfMax } from './index-of-max.ts';
import { matrixRow, type Matrix } from './matrix.ts';
import type { StrategyInput } from './strategy.ts';
import { VectorRows } from './vector-rows.ts';

/** Below this share of the largest, a squared distance is what rounding left of 0. */
const rounding = 1e-6;

/**
 * BADGE: k-means++ over the gradients g = (p − onehot) ⊗ x of the last layer, onehot the likeliest class, x the unit embedding. First the
 * longest gradient, then each candidate with a chance proportional to its squared distance to the nearest chosen one. A product of two
 * gradients is ⟨a, a′⟩⟨x, x′⟩ with a = p − onehot, so no vector of classes × columns is ever made.
 *
 * When every candidate that is left coincides with a chosen one, they follow in the order of the seed.
 *
 * @see Ash et al. 2020, "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds".
 */
export function* badge({
  candidates,
  probabilities,
  embeddings,
  random,
}: StrategyInput): Generator<number, void, boolean> {
  const count = candidates.length;
  if (!probabilities || !embeddings || count === 0) return;
  const x = embeddings.gather([candidates]);
  const a = gradientFactors(candidates, probabilities);
  const squares = Float64Array.from(candidates, (_, at) => a.dots(at, at, at + 1)[0] ?? 0);
  const far = new Float64Array(count).fill(Infinity); // Squared distance to the nearest chosen one; −1 when proposed.
  const nothing = rounding * (squares[indexOfMax(squares)] ?? 0);
  let any = false;
  for (let left = count; left > 0; left--) {
    const at: number = any ? drawByDistance() : longest();
    const taken: boolean = yield candidates[at] ?? -1;
    if (taken) bringNearer(at);
    any ||= taken;
    far[at] = -1;
  }

  function longest(): number {
    return indexOfMax(squares.map((square, at) => ((far[at] ?? -1) < 0 ? -1 : square)));
  }

  function bringNearer(chosen: number): void {
    const xs = x.dots(chosen, 0, count);
    const as = a.dots(chosen, 0, count);
    const own = squares[chosen] ?? 0;
    for (let at = 0; at < count; at++) {
      if ((far[at] ?? -1) <= 0) continue;
      const distance = own + (squares[at] ?? 0) - 2 * (as[at] ?? 0) * (xs[at] ?? 0);
      if (distance < (far[at] ?? 0)) far[at] = distance < nothing ? 0 : distance;
    }
  }

  function drawByDistance(): number {
    let total = 0;
    for (const distance of far) if (distance > 0) total += distance;
    if (total === 0) return far.indexOf(0);
    let rest = random() * total;
    let last = -1;
    for (let at = 0; at < count; at++) {
      const distance = far[at] ?? 0;
      if (distance <= 0) continue;
      last = at;
      rest -= distance;
      if (rest < 0) break;
    }
    return last;
  }
}

/** p − onehot of each candidate. */
function gradientFactors(candidates: Int32Array, probabilities: Matrix): VectorRows {
  const rows = new VectorRows(probabilities.columns, candidates.length);
  candidates.forEach((row, at) => {
    const factors = rows.row(at);
    const p = matrixRow(probabilities, row);
    factors.set(p);
    const likeliest = indexOfMax(p);
    factors[likeliest] = (p[likeliest] ?? 0) - 1;
  });
  return rows;
}
