import type { Answers } from '../answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../answers/newest-answer.ts';
import { answersInSource } from '../opinions/answers-in-source.ts';
import type { TaskState } from '../opinions/standing-answer.ts';
import type { ReviewAnnotation, ReviewedTask } from '../ports.ts';

/** A datapoint that a loop chose to ask people about, as the Data Engine has it. */
export interface AskedDatapoint {
  readonly path: string;
  readonly cycle: number;
  /** A {@link Purpose}. */
  readonly purpose: string;
  /** `annotation_source`; null where nothing is annotated. */
  readonly source: string | null;
}

/** A task of one of the loop's reviews, as Label Studio has it. */
export interface SentTask extends ReviewedTask {
  readonly projectId: number;
  /** The review's. */
  readonly cycle: number;
  /** What was answered about it in the adjudicator's project; absent: it was not put there. */
  readonly verdicts?: { readonly projectId: number; readonly annotations: readonly ReviewAnnotation[] };
}

/** How far people are with a task, and what `annotation_source` says once that is collected. */
export type TaskStanding = (task: SentTask) => { readonly state: TaskState; readonly source: string | null };

/** Of one cycle and purpose. `asked = sent + known + unsent` and `sent = answered + skipped + open`, else there is a fault. */
export interface AuditLine {
  readonly cycle: number;
  readonly purpose: string;
  asked: number;
  /** Tasks in Label Studio. */
  sent: number;
  answered: number;
  /** Answers that the Data Engine holds as they are now; the others are collected at the cycle's end. */
  collected: number;
  skipped: number;
  open: number;
  /** Annotated otherwise before they could be sent, as by an import. */
  known: number;
  /** Chosen, and not sent yet. */
  unsent: number;
}

/** Something that must never be, in a sentence. */
export interface AuditFault {
  readonly path: string;
  readonly text: string;
}

export interface Audit {
  readonly lines: readonly AuditLine[];
  readonly faults: readonly AuditFault[];
}

/**
 * Holds what the Data Engine says was asked against what Label Studio was sent and answered, label by label. Faults are: a task twice, a task
 * that no datapoint asked for, a datapoint that was not sent though the rest of its review was, and an annotation in the Data Engine whose answer
 * is gone from Label Studio.
 *
 * @param asked - Each path once.
 * @param tasks - Of all reviews of the loop.
 * @param standing - By default the newest answer of each task counts.
 */
export function auditReviews(
  asked: readonly AskedDatapoint[],
  tasks: readonly SentTask[],
  answers: Pick<Answers, 'isAnswer'>,
  standing: TaskStanding = (task) => newestStanding(task, answers),
): Audit {
  const lines = new Map<string, AuditLine>();
  const faults: AuditFault[] = [];
  const sent = new Map<string, SentTask[]>();
  for (const task of tasks) sent.set(task.key, [...(sent.get(task.key) ?? []), task]);
  const paths = new Set(asked.map(({ path }) => path));
  for (const task of tasks)
    if (!paths.has(task.key))
      faults.push({ path: task.key, text: `is ${placeOf(task)}, and was never selected.` });

  const unsent: AskedDatapoint[] = [];
  for (const datapoint of asked) {
    const { path, cycle, purpose, source } = datapoint;
    const line = lineOf(lines, cycle, purpose);
    const found = sent.get(path) ?? [];
    const [task] = found;
    line.asked += 1;
    if (found.length > 1)
      faults.push({ path, text: `has ${found.length} tasks: ${found.map(placeOf).join(', ')}.` });
    if (!task) {
      if (source === null) unsent.push(datapoint);
      line[source === null ? 'unsent' : 'known'] += 1;
      continue;
    }
    if (task.cycle !== cycle)
      faults.push({
        path,
        text: `was selected in cycle ${cycle}, and is ${placeOf(task)} of cycle ${task.cycle}.`,
      });
    line.sent += 1;
    const stands = standing(task);
    if (stands.state === 'settled') {
      line.answered += 1;
      if (source === stands.source) line.collected += 1;
    } else line[stands.state === 'skipped' ? 'skipped' : 'open'] += 1;
    for (const held of answersInSource(source ?? ''))
      if (!isThere(held.projectId, held.id, task))
        faults.push({
          path,
          text: `is annotated by annotation ${held.id} of project ${held.projectId}, which Label Studio no longer has.`,
        });
  }
  for (const { path, cycle, purpose } of unsent)
    if (lineOf(lines, cycle, purpose).sent > 0)
      faults.push({
        path,
        text: `was selected in cycle ${cycle} as ${purpose}, and has no task though others have; while its review is being opened, look again.`,
      });
  const inOrder = [...lines.values()].sort((a, b) => a.cycle - b.cycle || (a.purpose < b.purpose ? -1 : 1));
  return { lines: inOrder, faults };
}

function newestStanding(task: SentTask, answers: Pick<Answers, 'isAnswer'>): ReturnType<TaskStanding> {
  const answer = newestAnswer(task, answers);
  if (answer) return { state: 'settled', source: sourceOfAnswer(task.projectId, answer) };
  return { state: task.annotations.length > 0 ? 'skipped' : 'open', source: null };
}

function isThere(projectId: number, annotation: number, task: SentTask): boolean {
  return [task, task.verdicts].some(
    (place) => place?.projectId === projectId && place.annotations.some(({ id }) => id === annotation),
  );
}

function lineOf(lines: Map<string, AuditLine>, cycle: number, purpose: string): AuditLine {
  const key = `${cycle} ${purpose}`;
  const line = lines.get(key) ?? {
    cycle,
    purpose,
    asked: 0,
    sent: 0,
    answered: 0,
    collected: 0,
    skipped: 0,
    open: 0,
    known: 0,
    unsent: 0,
  };
  lines.set(key, line);
  return line;
}

function placeOf({ taskId, projectId }: SentTask): string {
  return `task ${taskId} of project ${projectId}`;
}
