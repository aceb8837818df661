import { cancellationSignal } from '@temporalio/activity';
import type { ReviewProgress } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface ReadReviewInput {
  readonly projectIds: readonly number[];
  /** Different people whose answers a task needs. Default: 1. */
  readonly quorum?: number | undefined;
}

export function readReviewActivity({ board }: Pick<ActivityDeps, 'board'>) {
  return {
    /** Step 11, looking only: how far people are, by project, in the order asked. */
    async readReview({ projectIds, quorum }: ReadReviewInput): Promise<readonly ReviewProgress[]> {
      const signal = cancellationSignal();
      return Promise.all(projectIds.map((projectId) => board.readProgress(projectId, signal, quorum)));
    },
  };
}
