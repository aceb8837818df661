import type { CollectedReview } from '../../activities/collect-annotations.ts';
import { isOfPool } from '../../core/fields.ts';
import { labelScheme } from '../../core/loop-spec.ts';
import type { LoopState } from '../../core/loop-state.ts';
import { opinionRule } from '../../core/opinions/opinion-rule.ts';
import { leaveReviews } from '../../core/pre-annotation/review-work.ts';
import { long } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';

/** Reads all reviews that somebody may still answer, late ones of earlier cycles too; a review without open tasks is left behind. */
export async function collect(run: LoopRun): Promise<void> {
  enterPhase(run, 'collect');
  const { state } = run;
  const { datasource, spec } = state;
  if (datasource && state.reviews.length > 0) {
    const { rest, skipped, cost, blindShare, projects } = spec.review;
    const opinions = opinionRule(spec);
    const collected = await long.collectAnnotations({
      datasourceId: datasource.id,
      scheme: labelScheme(spec),
      loop: spec.loop,
      reviews: state.reviews.map(({ projectId, cycle, purposes }) => ({
        projectId,
        cycle,
        ...(rest === 'withdraw' && purposes.every(isOfPool) && { withdraw: 'the review was closed' }),
      })),
      ...(skipped === 'ask-again' && { askAgain: true }),
      ...(opinions && { opinions }),
      ...(cost && { cost }),
      ...(projects === 'loop' && { oneProject: true }),
      ...((cost ?? blindShare) && { tell: true as const }),
    });
    take(state, collected);
    run.progress = [];
  }
  delete state.waitingSinceMs;
  delete state.quiet;
}

/** What the next run has to know of it, and what people are told. */
function take(state: LoopState, collected: readonly CollectedReview[]): void {
  Object.assign(state, leaveReviews(state, collected));
  const further = collected.find((review) => review.further !== undefined)?.further;
  if (further !== undefined) state.furtherLabels = further;
  const told = collected.findLast((review) => review.suggestions !== undefined)?.suggestions;
  if (told !== undefined) state.suggestions = told;
  const refused = collected.flatMap((review) => review.refused ?? []);
  if (refused.length > 0) state.refused = refused.slice(0, 3);
  else delete state.refused;
  const stale = new Set(collected.flatMap((review) => review.stale ?? []));
  if (stale.size > 0) state.stale = [...stale];
  else delete state.stale;
}
