import type { OpenReview } from '../loop-state.ts';
import { addedWork, type PeopleWork } from './work-cost.ts';

interface Work {
  readonly reviews: readonly OpenReview[];
  readonly work?: PeopleWork;
}

/** What all reviews took so far: those left behind, and those that somebody may still answer. Undefined where it is not counted. */
export function workSoFar({ reviews, work }: Work): PeopleWork | undefined {
  return [work, ...reviews.map((review) => review.work)].reduce(
    (sum, one) => (sum && one ? addedWork(sum, one) : (sum ?? one)),
    undefined,
  );
}

/** The reviews that somebody may still answer, each with what it took, and the work of those that are left behind now added to the earlier ones'. */
export function leaveReviews(
  { reviews, work }: Work,
  collected: readonly { readonly projectId: number; readonly open: number; readonly work?: PeopleWork }[],
): { reviews: OpenReview[]; work?: PeopleWork } {
  const newest = new Map(collected.map((review) => [review.projectId, review]));
  const isOpen = ({ projectId }: OpenReview) => (newest.get(projectId)?.open ?? 0) > 0;
  const withWork = reviews.map((review) => {
    const took = newest.get(review.projectId)?.work;
    return took ? { ...review, work: took } : review;
  });
  const left = workSoFar({ reviews: withWork.filter((review) => !isOpen(review)), ...(work && { work }) });
  return { reviews: withWork.filter(isOpen), ...(left && { work: left }) };
}
