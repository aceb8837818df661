import type { Answers } from '../answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../answers/newest-answer.ts';
import type { AskedBefore } from '../asked-before.ts';
import { answersInSource } from '../opinions/answers-in-source.ts';
import type { TaskState } from '../opinions/standing-answer.ts';
import type { ReviewAnnotation, SaidTask } from '../ports.ts';

/** A datapoint that a loop chose to ask people about, as the Data Engine has it. */
export interface AskedDatapoint {
  readonly path: string;
  /** That asks it now; negative: none does. */
  readonly cycle: number;
  /** A {@link Purpose}; of the last cycle that asked it. */
  readonly purpose: string;
  /** Questions of earlier cycles, which came to nothing or got one person's answer; absent without. */
  readonly before?: readonly AskedBefore[];
  /** `annotation_source`; null where nothing is annotated. */
  readonly source: string | null;
}

/** A task of one of the loop's reviews, as Label Studio has it. */
export interface SentTask extends SaidTask {
  readonly projectId: number;
  /** The review's. */
  readonly cycle: number;
  /** What was answered about it in the adjudicator's project; absent: it was not put there. */
  readonly verdicts?: { readonly projectId: number; readonly annotations: readonly ReviewAnnotation[] };
}

/** How far people are with a task, and what `annotation_source` says once that is collected. */
export type TaskStanding = (task: SentTask) => { readonly state: TaskState; readonly source: string | null };

/** Of one cycle and purpose. `asked = sent + known + unsent` and `sent = answered + skipped + open + withdrawn`, else there is a fault. */
export interface AuditLine {
  readonly cycle: number;
  readonly purpose: string;
  asked: number;
  /** Tasks in Label Studio, and those that were taken away. */
  sent: number;
  answered: number;
  /** Answers that the Data Engine holds as they are now; the others are collected at the cycle's end. */
  collected: number;
  skipped: number;
  open: number;
  /** Taken away unanswered; the datapoint may have been asked again since. */
  withdrawn: number;
  /** Annotated otherwise than in the review, as by an import or in a project of DagsHub's. */
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
 * Holds what the Data Engine says was asked against what Label Studio was sent and answered, label by label. A datapoint that was skipped or
 * withdrawn and asked again is a question of each of its cycles. Faults are: a task twice, a task that no datapoint asked for, one that is there
 * though it was withdrawn, a skipped one that is gone, a datapoint that was not sent though the rest of its review was, and an annotation in the Data
 * Engine whose answer is gone from Label Studio.
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
    const { path, source } = datapoint;
    const ofPath = sent.get(path) ?? [];
    const questions = questionsOf(datapoint);
    for (const stray of ofPath.filter(({ cycle }) => !questions.some((one) => one.cycle === cycle)))
      faults.push({
        path,
        text: `was selected in ${cyclesOf(questions)}, and is ${placeOf(stray)} of cycle ${stray.cycle}.`,
      });
    for (const { cycle, purpose, ended } of questions) {
      const line = lineOf(lines, cycle, purpose);
      // Of a task that is in the wrong review the fault is told already; it is counted where it was asked.
      const found = ofPath.filter((task) => task.cycle === cycle || questions.length === 1);
      const [task] = found;
      line.asked += 1;
      if (found.length > 1)
        faults.push({ path, text: `has ${found.length} tasks: ${found.map(placeOf).join(', ')}.` });
      if (!task && ended === null) {
        if (source === null) unsent.push(datapoint);
        line[source === null ? 'unsent' : 'known'] += 1;
        continue;
      }
      line.sent += 1;
      if (!task) {
        line[ended ?? 'open'] += 1;
        // Its task is asked again of another person, in a later cycle.
        if (ended === 'answered' && source !== null) line.collected += 1;
        if (ended === 'skipped')
          faults.push({ path, text: `was skipped in cycle ${cycle}, and its task is gone.` });
        continue;
      }
      if (ended === 'withdrawn')
        faults.push({ path, text: `was withdrawn in cycle ${cycle}, and is ${placeOf(task)}.` });
      const stands = standing(task);
      if (stands.state === 'settled') {
        line.answered += 1;
        if (source === stands.source) line.collected += 1;
      } else line[stands.state === 'skipped' ? 'skipped' : 'open'] += 1;
    }
    for (const held of answersInSource(source ?? ''))
      if (ofPath.length > 0 && !ofPath.some((task) => isThere(held.projectId, held.id, task)))
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

interface Question {
  readonly cycle: number;
  readonly purpose: string;
  /** Null: it is open, or answered. */
  readonly ended: AskedBefore['ended'] | null;
}

/** A cycle that took a datapoint back and asks it again has asked it once. */
function questionsOf({ cycle, purpose, before = [] }: AskedDatapoint): Question[] {
  return [
    ...before.filter((one) => one.cycle !== cycle),
    ...(cycle < 0 ? [] : [{ cycle, purpose, ended: null }]),
  ];
}

function cyclesOf(questions: readonly Question[]): string {
  return questions.length === 0
    ? 'no cycle'
    : questions.map(({ cycle }, index) => (index === 0 ? `cycle ${cycle}` : String(cycle))).join(' and ');
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
    withdrawn: 0,
    known: 0,
    unsent: 0,
  };
  lines.set(key, line);
  return line;
}

function placeOf({ taskId, projectId }: SentTask): string {
  return `task ${taskId} of project ${projectId}`;
}
