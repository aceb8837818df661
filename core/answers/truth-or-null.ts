import { DomainError } from '../errors.ts';
import type { ResultItem } from '../ports.ts';
import type { Truth } from '../truth.ts';
import type { Answers } from './answers.ts';

/** What an answer says; null where it says what the loop cannot take. */
export function truthOrNull(
  answers: Pick<Answers, 'truthOf'>,
  result: readonly ResultItem[],
  what = 'It',
): Truth | null {
  try {
    return answers.truthOf(result, what);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}
