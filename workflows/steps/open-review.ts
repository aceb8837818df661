import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { Purpose } from '../../core/fields.ts';
import { labelScheme } from '../../core/loop-spec.ts';
import { opinionRule } from '../../core/opinions/opinion-rule.ts';
import { long } from '../activity-proxies.ts';
import type { LoopRun } from '../loop-run.ts';

/** Steps 9 and 10, for the datapoints that the cycle asks for these purposes. @param runId - Whose predictions people begin from; null: none. */
export async function openReview(
  { state }: LoopRun,
  part: string,
  purposes: readonly Purpose[],
  runId: string | null,
): Promise<void> {
  const { datasource, spec, cycle } = state;
  if (!datasource)
    throw ApplicationFailure.nonRetryable('A review was opened before the datasource was known.');
  const opinions = opinionRule(spec);
  const review = await long.openReview.executeWithOptions({ summary: `review ${part} of cycle ${cycle}` }, [
    {
      workflowId: workflowInfo().workflowId,
      loop: spec.loop,
      cycle,
      part,
      purposes,
      datasource,
      scheme: labelScheme(spec),
      runId,
      ...(opinions && { opinions }),
      ...(spec.review.blindShare && { blind: { share: spec.review.blindShare, seed: spec.seed } }),
      ...(spec.review.projects === 'loop' && { oneProject: true }),
    },
  ]);
  if (!review) return;
  const known = state.reviews.find(({ projectId }) => projectId === review.projectId);
  // Several parts of a cycle may share a project.
  const shared = [...new Set([...(known?.cycle === cycle ? known.purposes : []), ...review.purposes])];
  state.reviews = [...state.reviews.filter((one) => one !== known), { ...review, purposes: shared }];
}
