import type { Answers } from '../answers/answers.ts';
import { newestAnswer } from '../answers/newest-answer.ts';
import type { ReviewAnnotation } from '../ports.ts';
import type { Verdict } from './standing-answer.ts';

/**
 * The newest answer of the adjudicator to a task that was put before them; what others answer there counts for nothing.
 *
 * @param person - The adjudicator's id; null: Label Studio knows nobody of that address.
 */
export function newestVerdict(
  asked:
    | {
        readonly projectId: number;
        readonly taskId: number;
        readonly annotations: readonly ReviewAnnotation[];
      }
    | undefined,
  person: number | null,
  answers: Pick<Answers, 'isAnswer'>,
): Verdict | undefined {
  if (!asked || person === null) return undefined;
  const annotations = asked.annotations.filter(({ completedBy }) => completedBy === person);
  const annotation = newestAnswer({ annotations }, answers);
  const { projectId, taskId } = asked;
  return annotation && { projectId, taskId, annotation, annotations: asked.annotations };
}
