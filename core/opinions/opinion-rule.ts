import { hashUnit } from '../hash.ts';
import type { LoopSpec } from '../loop-spec.ts';
import { reviewTitle } from '../review-title.ts';

/**
 * Whom a loop asks about a task, beyond the first who comes: `review.overlap` and `review.adjudicator` of `loop.yaml`, or what
 * `selection.secondOpinions` has asked.
 */
export interface OpinionRule {
  /** Names the verdicts' projects. */
  readonly loop: string;
  /** Part of each review's tasks, 0..1, that several people answer. */
  readonly share: number;
  /** How many, different ones. */
  readonly annotators: number;
  /** How many more where their answers differ. */
  readonly further: number;
  /** Answers differ below this agreement, 0..1. */
  readonly agreement: number;
  readonly seed: number;
  /** E-mail address of the person whose verdict is final; absent: those who answered decide together. */
  readonly adjudicator?: string;
  /** As many people answer a task as Label Studio was told, whatever its path: selection decides who is asked again. */
  readonly asTold?: true;
}

/** Undefined where each task is answered once. */
export function opinionRule({ loop, seed, review, selection }: LoopSpec): OpinionRule | undefined {
  const { overlap, adjudicator } = review;
  if (selection.secondOpinions)
    return { loop, seed, share: 0, annotators: 1, further: 0, agreement: 1, asTold: true };
  return overlap && { loop, seed, ...overlap, ...(adjudicator !== undefined && { adjudicator }) };
}

/** How many different people answer a task at first: the seed and the path alone decide. */
export function peopleAsked(path: string, rule: OpinionRule | undefined): number {
  return rule && hashUnit(`overlap/${rule.seed}`, path) < rule.share ? rule.annotators : 1;
}

/** Title of the project in which the adjudicator decides about the tasks of a cycle. */
export function verdictTitle({ loop }: OpinionRule, cycle: number): string {
  return reviewTitle(loop, cycle, 'verdicts');
}
