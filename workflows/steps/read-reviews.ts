import { isCancellation } from '@temporalio/workflow';
import { labelScheme } from '../../core/loop-spec.ts';
import type { LoopState } from '../../core/loop-state.ts';
import { opinionRule } from '../../core/opinions/opinion-rule.ts';
import type { ReviewProgress } from '../../core/ports.ts';
import { brief, quick } from '../activity-proxies.ts';

/** How far the open reviews are. When Label Studio is slow or away, the patient way takes over, which leaves no trace of its tries. */
export async function readReviews({ spec, cycle, reviews }: LoopState): Promise<readonly ReviewProgress[]> {
  const rule = opinionRule(spec);
  const cycles = reviews.map((review) => review.cycle);
  const input = {
    projectIds: reviews.map(({ projectId }) => projectId),
    ...(rule && { opinions: { rule, scheme: labelScheme(spec), cycles } }),
    ...(spec.review.projects === 'loop' && { cycle }),
  };
  try {
    return await brief.readReview(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return quick.readReview(input);
  }
}
