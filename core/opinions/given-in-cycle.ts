import type { ReviewAnnotation, ReviewedTask } from '../ports.ts';

/**
 * Of the answers that count those that the task's cycle asked for: a second opinion is about a task that others answered in earlier cycles, where theirs
 * are counted.
 *
 * @param given - By annotation id.
 * @param purpose - For which the cycle asks.
 */
export function givenInCycle(
  given: readonly ReviewAnnotation[],
  { people }: Pick<ReviewedTask, 'people'>,
  purpose: string | undefined,
): readonly ReviewAnnotation[] {
  return purpose === 'second-opinion' ? given.slice(people - 1) : given;
}
