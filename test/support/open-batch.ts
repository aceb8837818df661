import { openReviewActivity, type OpenReviewInput } from '../../activities/open-review.ts';
import { scheme, type AnnotatedWorld } from './annotated-world.ts';
import { runActivity } from './run-activity.ts';

/** Opens the review of the images that cycle 2 asks for their scores, and answers its project. */
export async function openBatch(
  world: AnnotatedWorld,
  changes: Partial<OpenReviewInput> = {},
): Promise<number> {
  const review = await runActivity(openReviewActivity(world).openReview, {
    workflowId: 'wf',
    loop: 'glyphs',
    cycle: 2,
    part: 'batch',
    purposes: ['score'],
    datasource: world.datasource,
    scheme,
    runId: null,
    ...changes,
  });
  if (!review) throw new Error('There is nothing to ask.');
  return review.projectId;
}
