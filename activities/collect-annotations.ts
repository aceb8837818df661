import { cancellationSignal } from '@temporalio/activity';
import type { LabelScheme } from '../core/answers/answers.ts';
import type { OpinionRule } from '../core/opinions/opinion-rule.ts';
import type { CostRate, PeopleWork } from '../core/pre-annotation/work-cost.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { collectReview } from './collect-review.ts';
import { lateReviews } from './late-reviews.ts';

export interface CollectAnnotationsInput {
  readonly loop: string;
  readonly datasourceId: string;
  readonly scheme: LabelScheme;
  /** Those that somebody may still answer. The loop's others are looked at for what changed in them since. */
  readonly reviews: readonly CollectedFrom[];
  /** Skipped images are asked again once, then excluded. Default: they are left as they are. */
  readonly askAgain?: boolean | undefined;
  /** The loop has one project, with the tasks of all cycles. Default: one a cycle and part. */
  readonly oneProject?: boolean;
  /** The others are read as a whole, deleted tasks included. */
  readonly whole?: boolean;
  /** Where several people answer some tasks. */
  readonly opinions?: OpinionRule;
  /** What people's time costs; absent: it is not counted. */
  readonly cost?: CostRate;
  /** Whether to tell what people made of suggestions. */
  readonly tell?: true;
}

/** A review to look at. */
export interface CollectedFrom {
  readonly projectId: number;
  readonly cycle: number;
  /** Why the tasks that nobody answered go back to the pool first; absent: they stay open. */
  readonly withdraw?: string | undefined;
  /** Only tasks that changed after that moment are looked at. */
  readonly changedSince?: string;
  /** It holds what was withdrawn: only tasks that were answered all the same are looked at, and whose datapoints the cycle asks. */
  readonly isShelf?: boolean;
}

export interface CollectedReview {
  readonly projectId: number;
  /** Annotations written now. */
  readonly collected: number;
  /** Annotations that were there already. */
  readonly unchanged: number;
  readonly skipped: number;
  /**
   * Tasks nobody answered, those that wait for more people or the adjudicator, and those whose answer says what the loop cannot take: it is left where
   * it is until somebody corrects it.
   */
  readonly open: number;
  /** Why, of the first of the latter; absent without. */
  readonly refused?: readonly string[];
  /** Tasks withdrawn now, images to be asked again and images excluded; each absent for none. */
  readonly withdrawn?: number;
  readonly again?: number;
  readonly excluded?: number;
  /** Annotations that came into the Data Engine otherwise, taken over now; absent for none. */
  readonly adopted?: number;
  /** Annotations that people deleted, where no other answer is left; absent without. */
  readonly cleared?: number;
  /** Cycles whose models learnt from labels that were corrected or deleted since; absent without. */
  readonly stale?: readonly number[];
  /** Answers beyond the first of each datapoint, where selection asks for second opinions: labels that were bought as well; absent for none. */
  readonly further?: number;
  /** What the answers of the review took; absent where it is not counted. */
  readonly work?: PeopleWork;
  /** What people made of the suggestions, in a sentence; absent where nobody wants to know, or began from one. */
  readonly suggestions?: string;
}

export function collectAnnotationsActivity(
  deps: Pick<ActivityDeps, 'engine' | 'board' | 'tracker' | 'workDir'>,
) {
  return {
    /**
     * Step 11: writes the newest answer of every task into `annotation`. Key: annotation id and `updated_at`, kept in
     * `annotation_source`; an answer that is there already is left alone, a corrected one replaces it, and where all are gone `annotation` is
     * cleared. Skips, and answers that answer nothing (a class loop's without a choice), are counted and not written. Beside it goes `pred_loss`:
     * how wrong the prediction was that stood before the answer. What people made of the model's suggestions becomes metrics of its run.
     *
     * Before anything else each datapoint's ledger gets what people did, skips and every version of every annotation included; and models that learnt
     * from a label which is another now are marked as stale.
     *
     * Where several people answer a task it is what they say together, or the adjudicator's verdict, their own answers before it in the blob; while they
     * are in dispute nothing is written.
     *
     * An answer that names a class the loop does not have, or is of another shape, holds up nothing: its task counts as open, so that a
     * correction is collected later, and is told with the reason.
     *
     * @returns The reviews that were given, then those of the others in which something changed.
     */
    async collectAnnotations(input: CollectAnnotationsInput): Promise<readonly CollectedReview[]> {
      const results: CollectedReview[] = [];
      for (const review of input.reviews) results.push(await collectReview(deps, input, review));
      for await (const review of lateReviews(deps, input, cancellationSignal())) {
        const late = await collectReview(deps, input, review, review.rows);
        if (late.collected > 0 || late.cleared || late.refused) results.push(late);
      }
      return results;
    },
  };
}
