import { cancellationSignal } from '@temporalio/activity';
import { answersOf } from '../core/answers/answers.ts';
import type { ReviewProgress } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { readOpinions, type SeveralOpinions } from './read-opinions.ts';
import { readVerdicts, type Verdicts } from './verdicts.ts';

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
     * Step 11, looking: how far people are, by project, in the order asked, and how long the oldest task has waited. Where several people answer some tasks, one whose answers differ is
     * given to one person more, and then to the adjudicator.
     */
    async readReview(input: ReadReviewInput): Promise<readonly ReviewProgress[]> {
      const signal = cancellationSignal();
      const progress = await readProgress(input, signal);
      return Promise.all(
        progress.map(async (one, index) => {
          if (one.tasks <= one.answered + one.skipped) return one;
          const { projectIds, cycle } = input;
          const of = { projectId: projectIds[index] ?? 0, ...(cycle !== undefined && { cycle }) };
          const openSinceMs = await deps.board.oldestOpenTask(of, signal);
          return { ...one, ...(openSinceMs !== null && { openSinceMs }) };
        }),
      );
    },
  };

  async function readProgress(
    { projectIds, cycle, opinions }: ReadReviewInput,
    signal: AbortSignal,
  ): Promise<readonly ReviewProgress[]> {
    if (!opinions)
      return Promise.all(
        projectIds.map((projectId) =>
          cycle === undefined
            ? deps.board.readProgress(projectId, signal)
            : deps.board.readCycleProgress({ projectId, cycle }, signal),
        ),
      );
    const progress: ReviewProgress[] = [];
    const ofCycle = new Map<number, Verdicts>();
    // One after the other: the reviews of a cycle share the verdicts' project.
    for (const [index, projectId] of projectIds.entries()) {
      const cycleOf = opinions.cycles[index] ?? 0;
      const verdicts = ofCycle.get(cycleOf) ?? (await verdictsOf(cycleOf, opinions, signal));
      ofCycle.set(cycleOf, verdicts);
      const several = { ...opinions, verdicts };
      progress.push(await readOpinions(deps, { projectId, cycle: cycleOf }, several, signal));
    }
    return progress;
  }

  function verdictsOf(
    cycle: number,
    { rule, scheme }: SeveralOpinions,
    signal: AbortSignal,
  ): Promise<Verdicts> {
    return readVerdicts(deps.board, { rule, cycle, answers: answersOf(scheme) }, signal);
  }
}
