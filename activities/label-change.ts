import type { Answers } from '../core/answers/answers.ts';
import { DomainError } from '../core/errors.ts';
import type { Standing, StandingAnswer } from '../core/opinions/standing-answer.ts';
import type { ReviewedTask } from '../core/ports.ts';
import type { Truth } from '../core/truth.ts';
import type { AskedRow } from './asked-rows.ts';

/**
 * What people's answers to a task make of the label of its datapoint. `none`: there was no label and is none; `gone`: there was one, and no answer
 * is left that it stands on; `refused`: the answer says what the loop cannot take.
 */
export type LabelChange =
  | { readonly kind: 'none' | 'unchanged' | 'gone' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'new'; readonly answer: StandingAnswer; readonly truth: Truth };

/** @param by - `canReopen`: that a verdict is missing says that the adjudicator took it back. */
export function labelChange(
  { taskId }: ReviewedTask,
  { answer, given, state }: Standing,
  row: AskedRow | undefined,
  by: { projectId: number; answers: Answers; canReopen: boolean },
): LabelChange {
  const { projectId, answers, canReopen } = by;
  if (!answer) {
    const isGone = given.length === 0 && isHeldOf(row, projectId);
    const isOfVerdict = row?.source !== undefined && !isHeldOf(row, projectId);
    const isReopened = canReopen && state === 'undecided' && isOfVerdict;
    return { kind: isGone || isReopened ? 'gone' : 'none' };
  }
  if (row?.source === answer.source) return { kind: 'unchanged' };
  const what = `Annotation ${answer.id} of task ${taskId} in Label Studio project ${projectId}`;
  try {
    return { kind: 'new', answer, truth: answers.truthOf(answer.result, what) };
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

/** Whether the Data Engine holds a label that was answered in the project. */
export function isHeldOf(row: AskedRow | undefined, projectId: number): boolean {
  return row?.source?.startsWith(`${projectId}/`) === true;
}
