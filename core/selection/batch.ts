import { Neighbourhood } from './neighbourhood.ts';
import type { SelectionInput } from './selection-input.ts';
import type { StrategyName } from './strategy-names.ts';
import type { UnitVectors } from './unit-vectors.ts';

/** What is known of a row that came up. */
export interface ProposedRow {
  readonly id: string;
  /** Its index in the arrays. */
  readonly row: number;
  /** `random`: drawn for the random arm, or by the strategy of that name. */
  readonly by: StrategyName;
  readonly informativeness: number | null;
  /** The most alike of what was labelled or chosen before it; null without embeddings, or while there is none. */
  readonly nearest: { readonly id: string; readonly cosine: number } | null;
}

export interface ChosenRow extends ProposedRow {
  /** 0 is asked first. */
  readonly rank: number;
}

/** A row that came up and was not chosen: as a near-duplicate, or because the batch was full. */
export interface PassedOver extends ProposedRow {
  readonly why: 'near-duplicate' | 'full';
}

/** Rows of each kind of {@link PassedOver} that are kept. */
const keptPassedOver = 10;
/** What float32 may leave of a cosine of 1. */
const rounding = 1e-6;

/** A batch while it is filled. */
export class Batch {
  readonly #input: SelectionInput;
  readonly #nearDuplicates: number;
  readonly #strategy: StrategyName;
  readonly #size: number;
  readonly #near: Neighbourhood | undefined;
  readonly #proposed: ProposedRow[] = [];
  readonly #drawn: ProposedRow[] = [];
  readonly #duplicates: PassedOver[] = [];
  readonly #late: PassedOver[] = [];

  constructor(
    input: SelectionInput,
    { nearDuplicates = Infinity }: { readonly nearDuplicates?: number },
    of: {
      readonly strategy: StrategyName;
      readonly size: number;
      readonly labelled: Int32Array;
      readonly embeddings: UnitVectors | undefined;
    },
  ) {
    this.#input = input;
    this.#nearDuplicates = nearDuplicates - rounding;
    this.#strategy = of.strategy;
    this.#size = of.size;
    this.#near = of.embeddings && new Neighbourhood(of.embeddings, of.labelled, of.size);
  }

  get count(): number {
    return this.#proposed.length + this.#drawn.length;
  }

  /** Whether it is full, and enough is known of what it had no room for. */
  get isOver(): boolean {
    return this.count >= this.#size && this.#late.length >= keptPassedOver;
  }

  /** Takes a row of the random arm, whatever it is like. */
  draw(row: number): void {
    this.#drawn.push(this.#facts(row, 'random'));
    this.#near?.add(row);
  }

  /** Takes a row of the strategy, if there is room and it is no near-duplicate; says whether. */
  offer(row: number): boolean {
    const facts = this.#facts(row, this.#strategy);
    if (facts.nearest && facts.nearest.cosine >= this.#nearDuplicates) {
      if (this.#duplicates.length < keptPassedOver)
        this.#duplicates.push({ ...facts, why: 'near-duplicate' });
      return false;
    }
    if (this.count >= this.#size) {
      this.#late.push({ ...facts, why: 'full' });
      return false;
    }
    this.#proposed.push(facts);
    this.#near?.add(row);
    return true;
  }

  /** By rank: the strategy's first, then the random arm. */
  result(): { chosen: readonly ChosenRow[]; passedOver: readonly PassedOver[] } {
    return {
      chosen: [...this.#proposed, ...this.#drawn].map((one, rank) => ({ ...one, rank })),
      passedOver: [...this.#duplicates, ...this.#late],
    };
  }

  #facts(row: number, by: StrategyName): ProposedRow {
    const { ids, informativeness } = this.#input;
    const nearest = this.#near?.nearest(row) ?? null;
    return {
      id: ids[row] ?? '',
      row,
      by,
      informativeness: informativeness?.[row] ?? null,
      nearest: nearest && { id: ids[nearest.row] ?? '', cosine: nearest.cosine },
    };
  }
}
