import { DomainError } from '../errors.ts';
import { assertProbabilityRows } from './probability-rows.ts';

/**
 * The expected cost of the cheapest answer, `min_j Σ_i p_i·c_ij`: what a mistake would cost where some mistakes are worse than others.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @param costs - `[actual][answered]`, finite, ≥ 0, 0 on the diagonal.
 * @returns `[items]`, same order, in 0..the highest cost; higher asks a person first. With costs of 1 it is least confidence.
 * @throws {@link DomainError} on any other row, naming its index, and on other costs. Never retried.
 * @see Chen and Lin 2013, "Active Learning for Multiclass Cost-Sensitive Classification Using Probabilistic Models".
 */
export function leastCostScores(
  probabilities: readonly (readonly number[])[],
  costs: readonly (readonly number[])[],
): number[] {
  return expectedCosts(probabilities, costs).map((byAnswer) => Math.min(...byAnswer));
}

/**
 * How little the second-cheapest answer costs more than the cheapest, as `−(second − cheapest)` of the expected costs.
 *
 * @param probabilities - As of {@link leastCostScores}.
 * @param costs - As of {@link leastCostScores}.
 * @returns `[items]`, same order, in −(the highest cost)..0; higher asks a person first.
 * @throws {@link DomainError} as {@link leastCostScores}.
 */
export function costMarginScores(
  probabilities: readonly (readonly number[])[],
  costs: readonly (readonly number[])[],
): number[] {
  return expectedCosts(probabilities, costs).map((byAnswer) => {
    const [cheapest = 0, second = 0] = [...byAnswer].sort((one, other) => one - other);
    return cheapest - second;
  });
}

/** `[items][answered]`. */
function expectedCosts(
  probabilities: readonly (readonly number[])[],
  costs: readonly (readonly number[])[],
): number[][] {
  assertProbabilityRows(probabilities);
  const classes = probabilities[0]?.length ?? costs.length;
  assertCosts(costs, classes);
  return probabilities.map((row) =>
    row.map((_, answered) => row.reduce((sum, p, actual) => sum + p * (costs[actual]?.[answered] ?? NaN), 0)),
  );
}

function assertCosts(costs: readonly (readonly number[])[], classes: number): void {
  if (costs.length !== classes)
    throw new DomainError(`The costs have ${costs.length} rows; ${classes} classes need ${classes}.`);
  costs.forEach((row, actual) => {
    if (row.length !== classes)
      throw new DomainError(`Row ${actual} of the costs has ${row.length} numbers, not ${classes}.`);
    const bad = row.findIndex((cost, answered) =>
      answered === actual ? cost !== 0 : !(cost >= 0 && cost < Infinity),
    );
    if (bad >= 0)
      throw new DomainError(
        `Row ${actual} of the costs holds ${row[bad] ?? NaN} in column ${bad}; ` +
          (bad === actual ? 'a right answer costs 0.' : 'a cost is finite and 0 or more.'),
      );
  });
}
