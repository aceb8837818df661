import { consensusObjects } from '../agreement/consensus-objects.ts';
import { truthAgreement } from '../agreement/truth-agreement.ts';
import type { Answers } from '../answers/answers.ts';
import { newestAnswer, sourceOfAnswer } from '../answers/newest-answer.ts';
import { DomainError } from '../errors.ts';
import type { ReviewAnnotation, SaidTask } from '../ports.ts';
import type { Truth } from '../truth.ts';
import { annotatorsOf } from './annotators-of.ts';
import { peopleAsked, type OpinionRule } from './opinion-rule.ts';

/**
 * How far people are with a task. `open`: it waits for those who are asked at first; `disputed`: their answers differ, and it waits for one person more;
 * `undecided`: they still differ, and it waits for the adjudicator; `skipped`: all who looked skipped it; `settled`: nobody more is asked.
 */
export type TaskState = 'open' | 'disputed' | 'undecided' | 'skipped' | 'settled';

/** What becomes of a task's annotation: one person's answer, or what several say together. */
export type StandingAnswer = Pick<ReviewAnnotation, 'result'> &
  Partial<ReviewAnnotation> & {
    /** What `annotation_source` says of it: all answers that it is made of, and of when. */
    readonly source: string;
    /** The answers that it was made of, by annotation id; absent where it is one person's. */
    readonly originals?: readonly ReviewAnnotation[];
  };

export interface Standing {
  readonly state: TaskState;
  /** Null while nobody has answered, and while the answers are in dispute: what is not settled is not learnt from. */
  readonly answer: StandingAnswer | null;
  /** The answers that count: the newest, or where several people are asked the newest of each, by annotation id. */
  readonly given: readonly ReviewAnnotation[];
  /** What those of several people say; empty where one is asked. */
  readonly said: readonly SaidTruth[];
  /** Of several people's answers: why some say nothing. They are waited for until they are corrected. */
  readonly refused: readonly string[];
}

export interface SaidTruth {
  readonly annotation: ReviewAnnotation;
  readonly truth: Truth;
}

/** The adjudicator's answer to a task, and the task and project it was given in. */
export interface Verdict {
  readonly projectId: number;
  readonly taskId: number;
  readonly annotation: ReviewAnnotation;
  /** All that was answered there, this one included. */
  readonly annotations: readonly ReviewAnnotation[];
}

export interface StandingRule {
  readonly answers: Answers;
  /** Absent: of each task the newest answer counts, whoever gave it. */
  readonly rule?: OpinionRule | undefined;
  /** Of the task's datapoint. */
  readonly verdict?: Verdict | undefined;
  /** The class of a datapoint of which several were named equally often; by default the last that was named. */
  readonly tie?: ((path: string) => string | undefined) | undefined;
}

/** @param projectId - The review's. */
export function standingAnswer(task: SaidTask, projectId: number, by: StandingRule): Standing {
  const { answers, rule, verdict } = by;
  const asked = rule?.asTold ? (task.people ?? 1) : peopleAsked(task.key, rule);
  if (!rule || asked === 1) return oneAnswer(task, projectId, answers);
  const refused: string[] = [];
  const looked = annotatorsOf(task, answers);
  const said = [...looked.values()]
    .flatMap((annotation): SaidTruth[] => {
      const what = `Annotation ${annotation?.id} of task ${task.taskId} in Label Studio project ${projectId}`;
      const truth = annotation && readTruth(() => answers.truthOf(annotation.result, what), refused);
      return annotation && truth ? [{ annotation, truth }] : [];
    })
    .sort((a, b) => a.annotation.id - b.annotation.id);
  const given = said.map(({ annotation }) => annotation);
  if (verdict) {
    const source = sourceOfAnswer(verdict.projectId, verdict.annotation);
    const answer = { ...verdict.annotation, source, originals: given };
    return { state: 'settled', answer, given, said, refused };
  }
  const state = stateOf(said, looked.size - refused.length, asked, rule);
  const isSure = said.length > 0 && (state === 'settled' || mostAgree(said, rule));
  return { state, answer: isSure ? together(task.key, said, projectId, by) : null, given, said, refused };
}

function oneAnswer(task: SaidTask, projectId: number, answers: Answers): Standing {
  const newest = newestAnswer(task, answers);
  if (!newest) {
    const state = task.annotations.length > 0 ? 'skipped' : 'open';
    return { state, answer: null, given: [], said: [], refused: [] };
  }
  const answer = { ...newest, source: sourceOfAnswer(projectId, newest) };
  return { state: 'settled', answer, given: [newest], said: [], refused: [] };
}

/** Null where it says nothing. */
function readTruth(read: () => Truth, refused: string[]): Truth | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    refused.push(error.message);
    return null;
  }
}

/** @param looked - People who answered or skipped. */
function stateOf(said: readonly SaidTruth[], looked: number, asked: number, rule: OpinionRule): TaskState {
  if (looked < asked) return 'open';
  if (said.length === 0) return 'skipped';
  if (mostAgree(said, rule)) return 'settled';
  if (looked < asked + rule.further) return 'disputed';
  return rule.adjudicator === undefined ? 'settled' : 'undecided';
}

/** Whether more than half of those who answered say the same. */
function mostAgree(said: readonly SaidTruth[], { agreement }: OpinionRule): boolean {
  const agree = (one: SaidTruth, other: SaidTruth) =>
    one === other || truthAgreement(one.truth, other.truth) >= agreement;
  return said.some((one) => 2 * said.filter((other) => agree(one, other)).length > said.length);
}

/** The consensus: the class that most named, or the objects that most drew. */
function together(
  path: string,
  said: readonly SaidTruth[],
  projectId: number,
  { answers, tie }: StandingRule,
): StandingAnswer {
  const [first] = said;
  const newest = said.reduce((a, b) => (b.annotation.updatedAt > a.annotation.updatedAt ? b : a));
  if (first && said.length === 1)
    return { ...first.annotation, source: sourceOfAnswer(projectId, first.annotation) };
  const others = said
    .filter((one) => one !== newest)
    .map(({ annotation: { id, updatedAt } }) => `${id}@${updatedAt}`);
  return {
    result: answers.resultOf({ path, truth: consensus() }),
    source: [sourceOfAnswer(projectId, newest.annotation), ...others].join(','),
    originals: said.map(({ annotation }) => annotation),
  };

  function consensus(): Truth {
    const labels = said.flatMap(({ truth }) => ('label' in truth ? [truth.label] : []));
    if (labels.length === 0) return objectsTogether(said);
    return { label: mostNamed(labels) };
  }

  function mostNamed(labels: readonly string[]): string {
    const count = (label: string) => labels.filter((one) => one === label).length;
    const most = Math.max(...labels.map(count));
    const leading = labels.filter((label) => count(label) === most);
    const chosen = tie?.(path);
    return chosen !== undefined && leading.includes(chosen) ? chosen : (leading.at(-1) ?? '');
  }
}

/** What most drew. Where that is nothing though most drew something, it is the answer that agrees most with the others, of equal ones the last. */
function objectsTogether(said: readonly SaidTruth[]): Truth {
  const drawn = said.flatMap(({ truth }) => ('label' in truth ? [] : [truth]));
  const consensus = consensusObjects(drawn);
  const found = drawn.filter(({ objects }) => objects.length > 0);
  if (consensus.objects.length > 0 || 2 * found.length <= drawn.length) return consensus;
  const agreed = (one: Truth) => drawn.reduce((sum, other) => sum + truthAgreement(one, other), 0);
  return found.reduce((best, one) => (agreed(one) >= agreed(best) ? one : best));
}
