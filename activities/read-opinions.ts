import { activityInfo } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { annotatorsOf } from '../core/opinions/annotators-of.ts';
import type { OpinionRule } from '../core/opinions/opinion-rule.ts';
import { standingAnswer, type TaskState } from '../core/opinions/standing-answer.ts';
import type { ReviewProgress } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askForVerdicts, type UndecidedTask, type Verdicts } from './verdicts.ts';

/** How the tasks of a review become settled, where several people answer some of them. */
export interface SeveralOpinions {
  readonly rule: OpinionRule;
  readonly scheme: LabelScheme;
}

/**
 * How far people are with a review, and the asking that follows from it: a task whose answers differ is given to one person more, and then to the
 * adjudicator. What an earlier attempt asked for is found in Label Studio: the number of people a task is given to, the verdicts' project.
 *
 * Label Studio closes a task by the number of people that it read before the answer; where that number was raised meanwhile, the task would wait for people
 * whom nobody sends to it. It is opened again.
 */
export async function readOpinions(
  deps: Pick<ActivityDeps, 'board' | 'webhook'>,
  { projectId, cycle }: { projectId: number; cycle: number },
  { rule, scheme, verdicts }: SeveralOpinions & { verdicts: Verdicts },
  signal: AbortSignal,
): Promise<ReviewProgress> {
  const answers = answersOf(scheme);
  const counts: Record<TaskState, number> = { open: 0, disputed: 0, undecided: 0, skipped: 0, settled: 0 };
  let begun = 0;
  const short: { taskId: number; people: number }[] = [];
  const undecided: UndecidedTask[] = [];
  for await (const tasks of deps.board.listReviewedTasks(projectId, signal))
    for (const task of tasks) {
      // Where the loop has one project, the others' reviews are over.
      if ((task.cycle ?? cycle) !== cycle) continue;
      const verdict = verdicts.given.get(task.key);
      const { state, said } = standingAnswer(task, projectId, { answers, rule, verdict });
      counts[state] += 1;
      if (state === 'open' && task.annotations.length > 0) begun += 1;
      const people = state === 'disputed' ? Math.max(said.length + 1, task.people) : task.people;
      const isWaiting = state === 'open' || state === 'disputed';
      const isClosedTooEarly = task.isClosed === true && annotatorsOf(task, answers).size < task.people;
      if (people > task.people || (isWaiting && isClosedTooEarly))
        short.push({ taskId: task.taskId, people });
      const shown = verdicts.asked.get(task.key) ?? 0;
      if (state === 'undecided' && shown < said.length) undecided.push({ task, said });
    }
  await deps.board.askPeople(short, signal);
  if (undecided.length > 0) {
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' };
    await askForVerdicts(deps, { rule, cycle, answers, workflowId, undecided }, signal);
  }
  return {
    tasks: Object.values(counts).reduce((sum, count) => sum + count, 0),
    answered: counts.settled,
    skipped: counts.skipped,
    ...(begun > 0 && { begun }),
    ...(counts.disputed > 0 && { disputed: counts.disputed }),
    ...(counts.undecided > 0 && { undecided: counts.undecided }),
  };
}
