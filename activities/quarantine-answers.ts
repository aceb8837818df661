import { DomainError } from '../core/errors.ts';
import type { Classified, Detected, Unreadable } from '../core/ports.ts';
import { answerFault, type ScoreRule } from '../core/scores/image-informativeness.ts';

type Answer = Classified | Detected | Unreadable;

/**
 * Sets aside answers that no score can be given (NaN, infinities, rows that sum to something else than 1), as images that cannot be read: each
 * with its reason, never silently asked first or last.
 *
 * @throws DomainError when that befalls every answer of two or more: then the model is broken, not an image. Also when the model lacks the output
 * that the score needs. Final.
 */
export function quarantineAnswers(answers: readonly Answer[], rule: ScoreRule, runId: string): Answer[] {
  const judged = answers.map((answer) => ({ answer, fault: faultOf(answer) }));
  const given = judged.filter(({ answer }) => !('unreadable' in answer));
  const [first] = given;
  if (first?.fault && given.length > 1 && given.every(({ fault }) => fault !== null))
    throw new DomainError(
      `The model of run ${runId} answers no image with probabilities: that to "${first.answer.id}" ${first.fault}.` +
        (first.fault.startsWith('sums')
          ? ' Where an image may have several classes, selection.score is multi-label-mean or multi-label-max.'
          : ''),
    );
  return judged.map(({ answer, fault }) =>
    fault === null ? answer : { id: answer.id, unreadable: `the model's answer ${fault}` },
  );

  function faultOf(answer: Answer): string | null {
    if ('unreadable' in answer) return null;
    try {
      return answerFault(answer, rule);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw new DomainError(`Run ${runId}: ${error.message}`, { cause: error });
    }
  }
}
