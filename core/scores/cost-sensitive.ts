import { DomainError } from '../errors.ts';
import { assertProbabilityRows } from './probability-rows.ts';
import type { RowKernel } from './row-kernel.ts';

/** `[actual][answered]`: what each answer costs, finite, 0 or more, and 0 on the diagonal. */
export type CostMatrix = readonly (readonly number[])[];

/** Costs by the names of the classes, actual first. What is not named costs 1. */
export type NamedCosts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Named costs as a matrix, in the order of `classes`. */
export function costMatrix(costs: NamedCosts, classes: readonly string[]): CostMatrix {
  return classes.map((actual) =>
    classes.map((answered) => (actual === answered ? 0 : (costs[actual]?.[answered] ?? 1))),
  );
}

/** The highest cost of a matrix. */
export function highestCost(costs: CostMatrix): number {
  return Math.max(...costs.flat());
}

/**
 * The expected cost of the cheapest answer, `min_j Σ_i p_i·c_ij`: what a mistake would cost where some mistakes are worse than others.
 *
 * @param probabilities - `[items][classes]`; each row finite, ≥ 0, summing to 1 (±1e-3), two classes or more.
 * @param costs - `[classes][classes]`.
 * @returns `[items]`, same order, in 0..the highest cost; higher asks a person first. With costs of 1 it is least confidence.
 * @throws {@link DomainError} on any other row, naming its index, and on other costs. Never retried.
 * @see Chen and Lin 2013, "Active Learning for Multiclass Cost-Sensitive Classification Using Probabilistic Models".
 */
export function leastCostScores(probabilities: readonly (readonly number[])[], costs: CostMatrix): number[] {
  return scoresByCost(leastCost, probabilities, costs);
}

/**
 * How little the second-cheapest answer costs more than the cheapest, as `−(second − cheapest)` of the expected costs.
 *
 * @param probabilities - As of {@link leastCostScores}.
 * @param costs - As of {@link leastCostScores}.
 * @returns `[items]`, same order, in −(the highest cost)..0; higher asks a person first.
 * @throws {@link DomainError} as {@link leastCostScores}.
 */
export function costMarginScores(probabilities: readonly (readonly number[])[], costs: CostMatrix): number[] {
  return scoresByCost(costMargin, probabilities, costs);
}

/** See {@link leastCostScores}; of costs that fit the row. */
export function leastCost(costs: CostMatrix): RowKernel {
  return (values, start, classes) => {
    let least = Infinity;
    for (let answered = 0; answered < classes; answered++)
      least = Math.min(least, expectedCost(costs, answered, values, start));
    return least;
  };
}

/** See {@link costMarginScores}; of costs that fit the row. */
export function costMargin(costs: CostMatrix): RowKernel {
  return (values, start, classes) => {
    let [cheapest, second] = [Infinity, Infinity];
    for (let answered = 0; answered < classes; answered++) {
      const cost = expectedCost(costs, answered, values, start);
      if (cost < cheapest) [cheapest, second] = [cost, cheapest];
      else if (cost < second) second = cost;
    }
    return cheapest - second;
  };
}

function scoresByCost(
  kernelOf: (costs: CostMatrix) => RowKernel,
  probabilities: readonly (readonly number[])[],
  costs: CostMatrix,
): number[] {
  assertProbabilityRows(probabilities);
  assertCosts(costs, probabilities[0]?.length ?? costs.length);
  const kernel = kernelOf(costs);
  return probabilities.map((row) => kernel(row, 0, row.length));
}

function expectedCost(costs: CostMatrix, answered: number, values: ArrayLike<number>, start: number): number {
  return costs.reduce(
    (sum, row, actual) => sum + (values[start + actual] ?? NaN) * (row[answered] ?? NaN),
    0,
  );
}

/** @throws {@link DomainError} on costs of another number of classes, below 0, or of right answers. Never retried. */
export function assertCosts(costs: CostMatrix, classes: number): void {
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
