import { DomainError } from '../errors.ts';
import { rowFault } from './probability-rows.ts';

/** Several answers to one item. The probability of draw t and class k is `values[start + t·stride + k]`. */
export interface DrawsView {
  readonly values: ArrayLike<number>;
  readonly start: number;
  readonly stride: number;
  readonly draws: number;
  readonly classes: number;
}

/** The formula of a score over several answers, each of which has been checked. */
export type DrawsKernel = (item: DrawsView) => number;

/** What is wrong with several answers to one item, as the end of a sentence that begins with the item; null when nothing is. */
export function drawsFault({ values, start, stride, draws, classes }: DrawsView): string | null {
  if (draws < 2) return `has ${draws === 1 ? 'one draw' : 'no draw'}; its score needs two or more`;
  for (let draw = 0; draw < draws; draw++) {
    const fault = rowFault(values, start + draw * stride, classes);
    if (fault !== null) return `in draw ${draw} ${fault}`;
  }
  return null;
}

/** A score of each item of `[items][draws][classes]`, after each has been checked. */
export function scoresOfDraws(
  kernel: DrawsKernel,
  items: readonly (readonly (readonly number[])[])[],
): number[] {
  return items.map((draws, index) => {
    const view = drawsView(draws);
    const fault = drawsFault(view);
    if (fault !== null) throw new DomainError(`Row ${index} ${fault}.`);
    return kernel(view);
  });
}

/** One item's draws side by side; where one is of another length than the first, its numbers are NaN. */
export function drawsView(draws: readonly (readonly number[])[]): DrawsView {
  const classes = draws[0]?.length ?? 0;
  const values = draws.flatMap((row) =>
    row.length === classes ? row : Array.from({ length: classes }, () => NaN),
  );
  return { values, start: 0, stride: classes, draws: draws.length, classes };
}

/** Mean over the draws of one class's probability. */
export function meanOfDraws({ values, start, stride, draws }: DrawsView, place: number): number {
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) sum += values[start + draw * stride + place] ?? NaN;
  return sum / draws;
}

/** Votes by class: each draw's for its likeliest, the first of equals. */
export function votesOfDraws({ values, start, stride, draws, classes }: DrawsView): number[] {
  const votes = Array.from({ length: classes }, () => 0);
  for (let draw = 0; draw < draws; draw++) {
    const at = start + draw * stride;
    let best = 0;
    for (let place = 1; place < classes; place++)
      if ((values[at + place] ?? NaN) > (values[at + best] ?? NaN)) best = place;
    votes[best] = (votes[best] ?? 0) + 1;
  }
  return votes;
}
