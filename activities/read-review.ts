import { cancellationSignal } from '@temporalio/activity';
import type { ReviewProgress } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { readOpinions, type SeveralOpinions } from './read-opinions.ts';

export interface ReadReviewInput {
  readonly projectIds: readonly number[];
  /** Where several people answer some tasks; `cycles` are those of the projects, in their order. */
  readonly opinions?: SeveralOpinions & { readonly cycles: readonly number[] };
  /** Only of this cycle's tasks, where the project is one for all. */
  readonly cycle?: number;
}

export function readReviewActivity(deps: Pick<ActivityDeps, 'board' | 'webhook'>) {
  return {
    /**
     * Step 11, looking: how far people are, by project, in the order asked. Where several people answer some tasks, one whose answers differ is
     * given to one person more, and then to the adjudicator.
     */
    async readReview({ projectIds, cycle, opinions }: ReadReviewInput): Promise<readonly ReviewProgress[]> {
      const signal = cancellationSignal();
      if (!opinions)
        return Promise.all(
          projectIds.map((projectId) =>
            cycle === undefined
              ? deps.board.readProgress(projectId, signal)
              : deps.board.readCycleProgress({ projectId, cycle }, signal),
          ),
        );
      const progress: ReviewProgress[] = [];
      // One after the other: the reviews of a cycle share the verdicts' project.
      for (const [index, projectId] of projectIds.entries()) {
        const ofCycle = opinions.cycles[index] ?? 0;
        progress.push(await readOpinions(deps, { projectId, cycle: ofCycle }, opinions, signal));
      }
      return progress;
    },
  };
}
