import type { Answers } from '../agreement/crowdlab.ts';
import { unseenProbabilities } from '../learning/unseen-probabilities.ts';
import { activeLab } from '../scores/active-lab.ts';
import { indexOfMax } from './index-of-max.ts';
import type { Matrix } from './matrix.ts';
import { select, type Selection, type SelectionRules } from './select.ts';
import type { SelectionInput } from './selection-input.ts';
import { UnitVectors } from './unit-vectors.ts';

/** What people said of a labelled row. */
export interface SaidOfRow {
  /** Index of the class that its annotation names. */
  readonly label: number;
  /** Of each who answered; empty where nobody known did, as of an import. */
  readonly answers: Answers;
  /** How many people have answered or skipped it; null: it is not to be asked again. */
  readonly looked: number | null;
}

/** Who has said what of a pool. */
export interface Opinions {
  readonly classes: readonly string[];
  /** People who have answered or skipped anything. */
  readonly annotators: number;
  /** By row, of labelled ones. */
  readonly said: ReadonlyMap<number, SaidOfRow>;
}

export interface OpinionSelection extends Selection {
  /** By id, of what was chosen for its score or passed over: the class that models which have not seen its label take it for. */
  readonly likeliest: Readonly<Record<string, string>>;
}

/**
 * A batch in which each place buys what tells most: a first answer to an open row, or one more person's to a labelled one, by the one scale of
 * {@link activeLab}. The model that it weighs people against has not seen the label that it judges ({@link unseenProbabilities}). A labelled row is only
 * asked again where somebody has not looked at it. The random share is of open rows alone.
 *
 * @param input - `labelled` are all that must not be taken for open, those with opinions included.
 * @returns As {@link select}: `informativeness` is ActiveLab's, 0..1; `pool` counts open rows.
 * @throws DomainError as {@link select} does, and for fewer than two labelled rows with a vector. Never retried.
 * @see Goh and Mueller 2023, "ActiveLab: Active Learning with Re-Labeling by Multiple Annotators".
 */
export function selectByActiveLab(
  input: SelectionInput & { readonly embeddings: Matrix },
  { classes, annotators, said }: Opinions,
  { size, seed, randomShare = 0 }: Pick<SelectionRules, 'size' | 'seed' | 'randomShare'>,
): OpinionSelection {
  const { ids, embeddings, labelled = [], excluded = [] } = input;
  const vectors = new UnitVectors(embeddings);
  const closed = new Set([...labelled, ...excluded]);
  const open = ids.flatMap((_, row) => (closed.has(row) || vectors.fault(row) !== null ? [] : [row]));
  const examples = [...said]
    .filter(([row]) => vectors.fault(row) === null)
    .map(([row, one]) => ({ ...one, row, id: ids[row] ?? '' }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const unseen = unseenProbabilities({
    features: embeddings,
    examples,
    others: open,
    classes: classes.length,
    seed,
  });
  const judged = [
    ...examples.map((one, index) => ({ ...one, probabilities: unseen.examples[index] ?? [] })),
    ...open.map((row, index) => ({ row, answers: [], looked: 0, probabilities: unseen.others[index] ?? [] })),
  ].filter(({ answers, looked }) => answers.length > 0 || looked === 0);
  const scores = activeLab(
    judged.map(({ answers }) => answers),
    judged.map(({ probabilities }) => probabilities),
    annotators,
  );
  const informativeness = new Float64Array(ids.length);
  const again = new Set<number>();
  const likeliest = new Map<number, string>();
  for (const [index, { row, answers, looked, probabilities }] of judged.entries()) {
    informativeness[row] = scores[index] ?? NaN;
    likeliest.set(row, classes[indexOfMax(probabilities)] ?? '');
    if (answers.length > 0 && looked !== null && looked < annotators) again.add(row);
  }
  const random = { strategy: 'random', size: Math.round(size * randomShare), seed } as const;
  const drawn = select({ ids, embeddings, excluded: [...closed] }, random);
  const taken = drawn.chosen.map(({ row }) => row);
  const asked = select(
    { ids, embeddings, informativeness, excluded: [...closed, ...taken].filter((row) => !again.has(row)) },
    { strategy: 'top-k', size: size - taken.length, seed },
  );
  const chosen = [...asked.chosen, ...drawn.chosen].map((one, rank) => ({ ...one, rank }));
  const shown = [...asked.chosen, ...asked.passedOver];
  return {
    ...asked,
    chosen,
    pool: drawn.pool,
    short: chosen.length < size,
    likeliest: Object.fromEntries(shown.map(({ id, row }) => [id, likeliest.get(row) ?? ''])),
  };
}
