import type { ReviewAnnotation, ReviewedTask } from '../ports.ts';
import type { Answers } from './answers.ts';

/** The annotation of a task that counts: the newest that answers it and was not skipped. */
export function newestAnswer(
  { annotations }: Pick<ReviewedTask, 'annotations'>,
  answers: Pick<Answers, 'isAnswer'>,
): ReviewAnnotation | undefined {
  return annotations.findLast(({ wasCancelled, result }) => !wasCancelled && answers.isAnswer(result));
}

/** What `annotation_source` says of an answer: which one `annotation` holds, and of when. */
export function sourceOfAnswer(projectId: number, { id, updatedAt }: ReviewAnnotation): string {
  return `${projectId}/${id}@${updatedAt}`;
}
