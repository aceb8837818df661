import { DomainError } from '../errors.ts';
import { hash53 } from '../hash.ts';
import { seededRandom } from '../seeded-random.ts';
import { Batch, type ChosenRow, type PassedOver } from './batch.ts';
import { byLikeliestClass, ClassTurns, likeliestClass, type ClassQuotas } from './class-turns.ts';
import { isColdStart } from './cold-start.ts';
import { seededOrder } from './seeded-order.ts';
import { assertLengths, sortRows, type Quarantined, type SelectionInput } from './selection-input.ts';
import { strategies } from './strategies.ts';
import type { StrategyName } from './strategy-names.ts';
import { defaultStrategyOptions, type StrategyOptions } from './strategy.ts';
import { UnitVectors } from './unit-vectors.ts';

export interface SelectionRules {
  /** Default: {@link defaultStrategy}. */
  readonly strategy?: StrategyName;
  /** Rows of the batch at most. */
  readonly size: number;
  /** Names the batch: another seed is another order of ties, sample and start. */
  readonly seed: string;
  /** Part of the batch drawn at random from all open rows, whatever their score: the live random arm. 0..1, 0 by default. */
  readonly randomShare?: number;
  /** Rows with a lower informativeness are chosen at random only. */
  readonly minInformativeness?: number;
  /** Cosine from which on a row is as good as the same as a labelled or chosen one, and not chosen; the random arm excepted. 0..1. */
  readonly nearDuplicates?: number;
  /** Shares out the batch by likeliest class; the random arm counts. Needs probabilities. */
  readonly quotas?: ClassQuotas;
  readonly options?: Partial<StrategyOptions>;
}

export interface Selection {
  readonly strategy: StrategyName;
  /** By rank: the strategy's first, then the random arm. */
  readonly chosen: readonly ChosenRow[];
  /** The first few of either kind. */
  readonly passedOver: readonly PassedOver[];
  readonly quarantined: readonly Quarantined[];
  /** Rows that could have been chosen. */
  readonly pool: number;
  /** Whether the batch is smaller than asked: the pool, or what of it was no near-duplicate and informative enough, is used up. */
  readonly short: boolean;
}

/**
 * Chooses a batch. A pure function of what it is given: equal ids, numbers, rules and seed give the equal batch, in whatever order the
 * rows stand and on every machine. Fewer rows than asked are all chosen, and said to be short; no rows give an empty batch.
 *
 * @throws {@link DomainError} for arrays that do not fit together, an id twice, or a strategy without the arrays it needs. Never retried.
 */
export function select(input: SelectionInput, rules: SelectionRules): Selection {
  const strategy = rules.strategy ?? defaultStrategy(input);
  assertNeeds(input, rules, strategy);
  assertLengths(input);
  const { ids, informativeness, probabilities } = input;
  const embeddings = input.embeddings && new UnitVectors(input.embeddings);
  const { open, labelled, quarantined } = sortRows(input, seededOrder(ids, rules.seed), embeddings);
  const size = Math.min(rules.size, open.length);
  const random = open.subarray(0, Math.min(Math.round(rules.size * (rules.randomShare ?? 0)), size));
  const least = rules.minInformativeness ?? -Infinity;
  const candidates = open
    .subarray(random.length)
    .filter((row) => (informativeness?.[row] ?? Infinity) >= least);

  const centres = joined(labelled, random);
  const batch = new Batch(input, rules, { strategy, size, labelled, embeddings });
  for (const row of random) batch.draw(row);
  const propose = (of: Int32Array, expected: number, name: string) =>
    new Proposals(
      strategies[strategy].propose({
        ...(informativeness && { informativeness }),
        ...(probabilities && { probabilities }),
        ...(embeddings && { embeddings }),
        candidates: of,
        centres,
        size: expected,
        limit: size - random.length,
        options: { ...defaultStrategyOptions, ...rules.options },
        random: seededRandom(hash53(`${rules.seed}/${strategy}/${name}`)),
      }),
    );
  if (rules.quotas && probabilities) {
    const turns = new ClassTurns(rules.quotas);
    for (const row of random) turns.give(likeliestClass(probabilities, row), 1);
    chooseByTurns(batch, turns, byLikeliestClass(candidates, probabilities), size - random.length, propose);
  } else {
    const proposals = propose(candidates, size - random.length, '');
    while (!batch.isOver && proposals.offerTo(batch) !== 'none');
  }
  return { strategy, ...batch.result(), quarantined, pool: open.length, short: batch.count < rules.size };
}

/**
 * What the arrays and labels allow: two-stage, else top-k, else k-center, else random. While it is too early for scores
 * ({@link isColdStart}; unless nothing is said of labels at all) facility location, or without embeddings random.
 */
export function defaultStrategy(input: SelectionInput): StrategyName {
  const { informativeness, probabilities, embeddings, labelled } = input;
  if (labelled && isColdStart(labelled.length, probabilities?.columns ?? 0))
    return embeddings ? 'facility-location' : 'random';
  if (informativeness) return embeddings ? 'two-stage' : 'top-k';
  return embeddings ? 'k-center' : 'random';
}

function assertNeeds(input: SelectionInput, rules: SelectionRules, strategy: StrategyName): void {
  const refuse = (what: string, need: 'informativeness' | 'probabilities' | 'embeddings'): void => {
    if (!input[need]) throw new DomainError(`${what} needs ${need}, and there are none.`);
  };
  for (const need of strategies[strategy].needs) refuse(`The strategy ${strategy}`, need);
  if (rules.nearDuplicates !== undefined) refuse('The guard against near-duplicates', 'embeddings');
  if (rules.minInformativeness !== undefined) refuse('A least informativeness', 'informativeness');
  if (rules.quotas === undefined) return;
  refuse('A quota of classes', 'probabilities');
  const classes = input.probabilities?.columns ?? 0;
  for (const list of [rules.quotas.weights, rules.quotas.labels])
    if (list.length !== classes)
      throw new DomainError(`A quota names ${list.length} classes; the probabilities are of ${classes}.`);
}

/** One class after the other has a slot; the strategy chooses among the rows that are likeliest of that class. */
function chooseByTurns(
  batch: Batch,
  turns: ClassTurns,
  lists: ReadonlyMap<number, Int32Array>,
  slots: number,
  propose: (of: Int32Array, expected: number, name: string) => Proposals,
): void {
  const expected = turns.foreseen(lists, slots);
  const open = new Map(
    [...lists].map(([one, rows]) => [one, propose(rows, expected.get(one) ?? 0, String(one))]),
  );
  while (!batch.isOver) {
    const turn = turns.next(open.keys());
    const proposals = open.get(turn);
    if (!proposals) return;
    const answer = proposals.offerTo(batch);
    if (answer === 'none') open.delete(turn);
    if (answer !== 'taken') turns.give(turn, -1);
  }
}

/** A strategy at work: it hears of each proposal whether it was taken before it makes the next. */
class Proposals {
  readonly #proposed: Generator<number, void, boolean>;
  #taken = false;

  constructor(proposed: Generator<number, void, boolean>) {
    this.#proposed = proposed;
  }

  offerTo(batch: Batch): 'taken' | 'declined' | 'none' {
    const next = this.#proposed.next(this.#taken);
    if (next.done) return 'none';
    this.#taken = batch.offer(next.value);
    return this.#taken ? 'taken' : 'declined';
  }
}

function joined(one: Int32Array, other: Int32Array): Int32Array {
  const both = new Int32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
