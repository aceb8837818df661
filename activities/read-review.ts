import { cancellationSignal } from '@temporalio/activity';
import type { ReviewProgress } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface ReadReviewInput {
  readonly projectIds: readonly number[];
  /** Only of this cycle's tasks, where the project is one for all. */
  readonly cycle?: number;
}

export function readReviewActivity({ board }: Pick<ActivityDeps, 'board'>) {
  return {
    /** Step 11, looking only: how far people are, by project, in the order asked. */
    async readReview({ projectIds, cycle }: ReadReviewInput): Promise<readonly ReviewProgress[]> {
      const signal = cancellationSignal();
      return Promise.all(
        projectIds.map((projectId) =>
          cycle === undefined
            ? board.readProgress(projectId, signal)
            : board.readCycleProgress({ projectId, cycle }, signal),
        ),
      );
    },
  };
}
