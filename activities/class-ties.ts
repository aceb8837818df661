import { dawidSkene } from '../core/agreement/dawid-skene.ts';
import { overlappingOpinions, type Opinion } from '../core/agreement/opinions.ts';
import type { Answers, LabelScheme } from '../core/answers/answers.ts';
import type { OpinionRule } from '../core/opinions/opinion-rule.ts';
import { standingAnswer } from '../core/opinions/standing-answer.ts';
import type { AnnotationBoard } from '../core/ports.ts';

/**
 * The likeliest class of each datapoint that several people labelled, by who of them is how often right in this review ({@link dawidSkene}): it decides
 * where the votes are equal and nobody is named to decide. Undefined where it decides nothing.
 */
export async function classTies(
  board: AnnotationBoard,
  by: { projectId: number; rule: OpinionRule | undefined; scheme: LabelScheme; answers: Answers },
  signal: AbortSignal,
): Promise<((path: string) => string | undefined) | undefined> {
  const { projectId, rule, scheme, answers } = by;
  if (!rule || rule.adjudicator !== undefined || scheme.task !== 'classification') return undefined;
  const opinions: Opinion[] = [];
  for await (const tasks of board.listReviewedTasks(projectId, signal))
    for (const task of tasks)
      for (const { annotation, truth } of standingAnswer(task, projectId, { answers, rule }).said)
        if ('label' in truth)
          opinions.push({ path: task.key, annotator: String(annotation.completedBy), label: truth.label });
  const overlapping = overlappingOpinions(opinions);
  if (overlapping.size === 0) return undefined;
  const { posteriors } = dawidSkene(overlapping, scheme.classes);
  return (path) => {
    const chances = posteriors.get(path) ?? [];
    return scheme.classes[chances.indexOf(Math.max(...chances))];
  };
}
