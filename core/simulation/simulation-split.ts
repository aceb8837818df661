import { DomainError } from '../errors.ts';
import { hashUnit } from '../hash.ts';
import type { LabelledSet } from './labelled-set.ts';

export interface SplitPlan {
  /** Part of the groups that is measured on and never asked; between 0 and 1. */
  readonly holdOut: number;
  /** Part of the images of a class that the pool keeps, by the class's name: a set made skew. 0..1. The hold-out stays whole. */
  readonly keep?: Readonly<Record<string, number>>;
}

export interface SimulationSplit {
  /** Rows that may be asked. */
  readonly pool: readonly number[];
  readonly holdOut: readonly number[];
}

/**
 * Divides a set by its groups, at random by the seed and the groups' names alone.
 *
 * @throws {@link DomainError} when either side is left empty, or `keep` names a class that is not there. Never retried.
 */
export function simulationSplit(set: LabelledSet, plan: SplitPlan, seed: number): SimulationSplit {
  const keep = plan.keep ?? {};
  for (const name of Object.keys(keep))
    if (!set.classes.includes(name))
      throw new DomainError(
        `There is no class "${name}" to keep a part of; there are ${set.classes.join(', ')}.`,
      );
  const places = new Map(
    [...new Set(set.groups)].map((group) => [group, hashUnit(`${seed}/hold-out`, group)]),
  );
  const inOrder = [...places].sort(([, a], [, b]) => a - b).map(([group]) => group);
  const measured = new Set(inOrder.slice(0, Math.round(plan.holdOut * inOrder.length)));
  const pool: number[] = [];
  const holdOut: number[] = [];
  set.groups.forEach((group, row) => {
    const share = keep[set.classes[set.labels[row] ?? -1] ?? ''] ?? 1;
    if (measured.has(group)) holdOut.push(row);
    else if (hashUnit(`${seed}/keep`, group) < share) pool.push(row);
  });
  if (pool.length === 0 || holdOut.length === 0)
    throw new DomainError(
      `A hold-out of ${plan.holdOut} leaves ${pool.length} images to ask and ${holdOut.length} to measure on; both are needed.`,
    );
  return { pool, holdOut };
}
