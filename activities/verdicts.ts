import type { Answers } from '../core/answers/answers.ts';
import { newestVerdict } from '../core/opinions/newest-verdict.ts';
import { verdictTitle, type OpinionRule } from '../core/opinions/opinion-rule.ts';
import type { SaidTruth, Verdict } from '../core/opinions/standing-answer.ts';
import type { AnnotationBoard, ReviewedTask, ReviewTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { wakeByWebhook } from './wake-by-webhook.ts';

/** What the adjudicator was asked about the tasks of a cycle, and has decided, by the datapoint's path. */
export interface Verdicts {
  readonly given: ReadonlyMap<string, Verdict>;
  /** How many opinions each task shows that was put before the adjudicator. */
  readonly asked: ReadonlyMap<string, number>;
  /** False where nobody is asked, and where project or person is gone: then it says nothing that a verdict is missing. */
  readonly isKnown: boolean;
}

export async function readVerdicts(
  board: AnnotationBoard,
  by: { rule: OpinionRule | undefined; cycle: number; answers: Answers },
  signal?: AbortSignal,
): Promise<Verdicts> {
  const given = new Map<string, Verdict>();
  const asked = new Map<string, number>();
  if (by.rule?.adjudicator === undefined) return { given, asked, isKnown: false };
  const title = verdictTitle(by.rule, by.cycle);
  const projects = await board.listProjects(title, signal);
  const projectId = projects.find((project) => project.title === title)?.id;
  if (projectId === undefined) return { given, asked, isKnown: false };
  const person = await board.findPerson(by.rule.adjudicator, signal);
  for await (const tasks of board.listReviewedTasks(projectId, signal))
    for (const { key, taskId, predictions, annotations } of tasks) {
      asked.set(key, predictions);
      const verdict = newestVerdict({ projectId, taskId, annotations }, person, by.answers);
      if (verdict) given.set(key, verdict);
    }
  return { given, asked, isKnown: person !== null };
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
  const tasks = undecided.map(({ task: { key, imageUrl }, said }): ReviewTask => {
    const [prediction, ...beside] = said.map(({ truth }, index) => ({
      modelVersion: `opinion ${index + 1}`,
      score: 0,
      result: answers.resultOf({ path: key, truth }),
    }));
    return { key, imageUrl, ...(prediction && { prediction }), beside };
  });
  await board.ensureTasks({ projectId, tasks }, signal);
}
