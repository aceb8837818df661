import type { ReviewAnnotation, ReviewedTask } from '../ports.ts';
import type { Answers } from '../answers/answers.ts';

/**
 * The newest answer of each person to a task, and null of those who only skipped it. A skip after an answer takes nothing away; answers of
 * nobody known are one person's.
 */
export function annotatorsOf(
  { annotations }: Pick<ReviewedTask, 'annotations'>,
  { isAnswer }: Pick<Answers, 'isAnswer'>,
): Map<number | null, ReviewAnnotation | null> {
  const said = new Map<number | null, ReviewAnnotation | null>();
  for (const one of annotations) {
    const counts = !one.wasCancelled && isAnswer(one.result);
    said.set(one.completedBy, counts ? one : (said.get(one.completedBy) ?? null));
  }
  return said;
}
