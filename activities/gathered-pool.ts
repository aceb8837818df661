import { DomainError } from '../core/errors.ts';
import type { ChosenBatch, PoolRow, PoolRules } from '../core/ports.ts';
import { batchClusters } from '../core/selection/batch-clusters.ts';
import { likeliestClass } from '../core/selection/class-turns.ts';
import type { Matrix } from '../core/selection/matrix.ts';
import { select, type Selection } from '../core/selection/select.ts';
import { selectByActiveLab, type SaidOfRow } from '../core/selection/select-by-active-lab.ts';
import { readEmbeddingFile } from './embedding-file.ts';

/** The arrays of a whole pool, filled part by part, and the choice from them: heavy, so not for a main thread. */
export class GatheredPool {
  readonly #ids: string[] = [];
  readonly #informativeness: number[] = [];
  readonly #labelled: number[] = [];
  readonly #excluded: number[] = [];
  readonly #said = new Map<number, SaidOfRow>();
  #vectors: Vectors | undefined;

  addRows(rows: readonly PoolRow[]): void {
    for (const { id, role, informativeness, said } of rows) {
      const row = this.#ids.push(id) - 1;
      // A centre's is never looked at.
      this.#informativeness.push(role === 'open' ? informativeness : 0);
      if (role === 'centre') this.#labelled.push(row);
      if (said) this.#said.set(row, said);
      if (role === 'closed') this.#excluded.push(row);
    }
  }

  /** @param name - Of the file, for messages. @throws DomainError when it does not fit to the files before it. */
  addFile(bytes: Uint8Array, name: string): void {
    const file = readEmbeddingFile(bytes, name);
    this.#vectors ??= new Vectors(this.#ids, file);
    this.#vectors.add(file, name);
  }

  select({ quotas, secondOpinions, ...rules }: PoolRules): ChosenBatch {
    const { embeddings, probabilities, classes = [], embeddedBy } = this.#vectors ?? {};
    const rows = { ids: this.#ids, labelled: this.#labelled, excluded: this.#excluded };
    const embedding =
      embeddings && embeddedBy !== undefined ? { by: embeddedBy, columns: embeddings.columns } : null;
    if (secondOpinions && embeddings) {
      const opinions = { ...secondOpinions, said: this.#said };
      const { likeliest, ...chosen } = selectByActiveLab({ ...rows, embeddings }, opinions, rules);
      return {
        ...chosen,
        embedding,
        classes: likeliest,
        clusters: clustersOf(chosen, embeddings, rules.seed),
      };
    }
    const chosen = select(
      {
        ...rows,
        informativeness: Float64Array.from(this.#informativeness),
        ...(embeddings && { embeddings }),
        ...(probabilities && { probabilities }),
      },
      {
        ...rules,
        ...(quotas && {
          quotas: {
            weights: classes.map((name) => quotas.weights[name] ?? 1),
            labels: classes.map((name) => quotas.labels[name] ?? 0),
          },
        }),
      },
    );
    const shown = [...chosen.chosen, ...chosen.passedOver];
    return {
      ...chosen,
      embedding,
      classes: Object.fromEntries(
        probabilities
          ? shown.map(({ id, row }) => [id, classes[likeliestClass(probabilities, row)] ?? ''])
          : [],
      ),
      clusters: embeddings ? clustersOf(chosen, embeddings, rules.seed) : {},
    };
  }
}

function clustersOf(
  { chosen }: Pick<Selection, 'chosen'>,
  embeddings: Matrix,
  seed: string,
): Readonly<Record<string, string>> {
  const rows = chosen.map(({ row }) => row);
  const clusters = batchClusters(rows, embeddings, seed);
  return Object.fromEntries(chosen.map(({ id }, at) => [id, chosen[clusters[at] ?? at]?.id ?? id]));
}

/** Vectors and probabilities by row; NaN where no file has the row. */
class Vectors {
  readonly embeddings: Matrix;
  readonly probabilities: Matrix | undefined;
  readonly classes: readonly string[];
  readonly embeddedBy: string;
  readonly #rowOf: ReadonlyMap<string, number>;
  readonly #isFilled: Uint8Array;

  constructor(
    ids: readonly string[],
    { columns, classes, probabilities, embeddedBy }: ReturnType<typeof readEmbeddingFile>,
  ) {
    this.embeddings = { values: new Float32Array(ids.length * columns).fill(NaN), columns };
    this.probabilities = probabilities
      ? { values: new Float32Array(ids.length * classes.length).fill(NaN), columns: classes.length }
      : undefined;
    this.classes = classes;
    this.embeddedBy = embeddedBy;
    this.#rowOf = new Map(ids.map((id, row) => [id, row]));
    this.#isFilled = new Uint8Array(ids.length);
  }

  add(file: ReturnType<typeof readEmbeddingFile>, name: string): void {
    const { columns } = this.embeddings;
    if (file.columns !== columns || file.embeddedBy !== this.embeddedBy)
      throw new DomainError(
        `${name} holds vectors of ${file.columns} numbers by ${file.embeddedBy}; those before it have ${columns} by ${this.embeddedBy}.`,
      );
    file.ids.forEach((id, from) => {
      const row = this.#rowOf.get(id);
      if (row === undefined || this.#isFilled[row] === 1) return;
      this.#isFilled[row] = 1;
      copyRow(file.vectors, from, this.embeddings, row);
      if (this.probabilities && file.probabilities)
        copyRow(file.probabilities, from, this.probabilities, row);
    });
  }
}

function copyRow(source: Float32Array, from: number, { values, columns }: Matrix, to: number): void {
  values.set(source.subarray(from * columns, (from + 1) * columns), to * columns);
}
