import type { Answers } from '../core/answers/answers.ts';
import { newestVerdict } from '../core/opinions/newest-verdict.ts';
import { verdictTitle, type OpinionRule } from '../core/opinions/opinion-rule.ts';
import type { SaidTruth, Verdict } from '../core/opinions/standing-answer.ts';
import type { AnnotationBoard, ReviewedTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { wakeByWebhook } from './wake-by-webhook.ts';

/** What the adjudicator has decided about the tasks of a cycle, by the datapoint's path. Null where nobody is asked, and where project or person is gone. */
export async function readVerdicts(
  board: AnnotationBoard,
  by: { rule: OpinionRule | undefined; cycle: number; answers: Answers },
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Verdict> | null> {
  if (by.rule?.adjudicator === undefined) return null;
  const title = verdictTitle(by.rule, by.cycle);
  const projects = await board.listProjects(title, signal);
  const projectId = projects.find((project) => project.title === title)?.id;
  const person = await board.findPerson(by.rule.adjudicator, signal);
  if (projectId === undefined || person === null) return null;
  const given = new Map<string, Verdict>();
  for await (const tasks of board.listReviewedTasks(projectId, signal))
    for (const { key, taskId, annotations } of tasks) {
      const verdict = newestVerdict({ projectId, taskId, annotations }, person, by.answers);
      if (verdict) given.set(key, verdict);
    }
  return given;
}

/** A task that people answered differently. */
export interface UndecidedTask {
  readonly task: ReviewedTask;
  readonly said: readonly SaidTruth[];
}

/**
 * Puts tasks before the adjudicator, in a project of the cycle's own, with what people said of each as predictions `opinion 1`, `opinion 2`, …, without
 * their names. Keys: the project's title, the task's path, the opinion's number.
 */
export async function askForVerdicts(
  deps: Pick<ActivityDeps, 'board' | 'webhook'>,
  by: {
    rule: OpinionRule;
    cycle: number;
    answers: Answers;
    workflowId: string;
    undecided: readonly UndecidedTask[];
  },
  signal: AbortSignal,
): Promise<void> {
  const { rule, cycle, answers, undecided } = by;
  const { board } = deps;
  const projectId = await board.ensureProject(
    {
      title: verdictTitle(rule, cycle),
      description: `labelloop: what people answered differently in cycle ${cycle}, for ${rule.adjudicator ?? ''} to decide. Open a task from the list: its predictions are their answers.`,
      labelConfig: answers.labelConfig,
    },
    signal,
  );
  await wakeByWebhook(deps, { projectId, workflowId: by.workflowId }, signal);
  const most = Math.max(...undecided.map(({ said }) => said.length));
  // Label Studio's labelling stream shows the version that was sent last: the first opinion, which every task has.
  for (let number = most; number >= 1; number--) {
    const tasks = undecided.flatMap(({ task: { key, imageUrl }, said }) => {
      const opinion = said[number - 1];
      if (!opinion) return [];
      const result = answers.resultOf({ path: key, truth: opinion.truth });
      return [{ key, imageUrl, prediction: { modelVersion: `opinion ${number}`, score: 0, result } }];
    });
    await board.ensureTasks({ projectId, tasks }, signal);
  }
}
