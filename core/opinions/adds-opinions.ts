import { answersInSource } from './answers-in-source.ts';

/**
 * Whether an `annotation_source` names all answers of an earlier one as they were, and more: then nobody corrected anything, somebody else has answered
 * too.
 */
export function addsOpinions(before: string | undefined, now: string): boolean {
  const [known, all] = [before ?? '', now].map(
    (source) => new Set(answersInSource(source).map((place) => JSON.stringify(place))),
  ) as [Set<string>, Set<string>];
  return known.size > 0 && known.size < all.size && [...known].every((place) => all.has(place));
}
