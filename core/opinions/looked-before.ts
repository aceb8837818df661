import type { Answers } from '../answers/answers.ts';
import { annotationOf } from '../ledger/annotation-of.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ReviewAnnotation } from '../ports.ts';
import { annotatorsOf } from './annotators-of.ts';

/** What a datapoint's ledger tells of the cycles before one: the same whatever that cycle asks and hears itself. */
export interface LookedBefore {
  /** The newest answer of each person, and null of those who only skipped it. */
  readonly people: ReadonlyMap<number | null, ReviewAnnotation | null>;
  /** More people were asked than have looked. */
  readonly isOpen: boolean;
}

export function lookedBefore(
  ledger: Ledger,
  cycle: number,
  answers: Pick<Answers, 'isAnswer'>,
): LookedBefore {
  const annotations = ledger.standing(cycle).map(annotationOf);
  const people = annotatorsOf({ annotations }, answers);
  const cyclesOf = (event: 'sent' | 'withdrawn') =>
    ledger.entries.flatMap((one) => (one.event === event && one.cycle < cycle ? [one.cycle] : []));
  const asked = new Set(cyclesOf('sent'));
  for (const takenBack of cyclesOf('withdrawn')) asked.delete(takenBack);
  return { people, isOpen: people.size < asked.size };
}
