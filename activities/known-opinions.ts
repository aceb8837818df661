import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import { resultOfBlob } from '../core/annotation-blob.ts';
import type { Datapoint } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { lookedBefore } from '../core/opinions/looked-before.ts';
import type { PoolRow } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';
import { mapBounded } from './map-bounded.ts';
import { readLedger } from './read-ledger.ts';

/** Who has said what of the labelled images of a pool, gathered page by page from annotations and ledgers. */
export class KnownOpinions {
  /** Fields that it reads, beside those of the pool. */
  static readonly fields = [fields.selectedAs.name, fields.ledger.name] as const;
  readonly #deps: Pick<ActivityDeps, 'engine' | 'workDir'>;
  readonly #by: { readonly cycle: number; readonly scheme: LabelScheme };
  /** Places of people among the annotators. */
  readonly #people = new Map<number | null, number>();
  readonly #labelled = new Set<string>();

  constructor(
    deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
    by: { readonly cycle: number; readonly scheme: LabelScheme },
  ) {
    this.#deps = deps;
    this.#by = by;
  }

  /** People who have answered or skipped something so far. */
  get annotators(): number {
    return this.#people.size;
  }

  /** Whether an image of that path has come by that is labelled. */
  isLabelled(path: string): boolean {
    return this.#labelled.has(path);
  }

  /** The rows of a page, with what people said of its labelled ones. @param mayBeAsked - Whether nothing else keeps an image from being asked. */
  async with(
    rows: readonly PoolRow[],
    page: readonly Datapoint[],
    mayBeAsked: (datapoint: Datapoint) => boolean,
    signal: AbortSignal,
  ): Promise<PoolRow[]> {
    const { cycle, scheme } = this.#by;
    const answers = answersOf(scheme);
    const classOf = (label: string) => scheme.classes.indexOf(label);
    const known = await mapBounded(page, 8, async (datapoint, index) => {
      const { path, fields: values } = datapoint;
      const hash = values[fields.annotation.name];
      const isCopy = values[fields.nearHoldOut.name] !== undefined;
      if (rows[index]?.role !== 'centre' || hash === undefined || isCopy) return null;
      const what = `The annotation of "${path}"`;
      const blob = await cachedBlob(this.#deps, String(hash), signal);
      const truth = answers.truthOf(resultOfBlob(blob, what), what);
      const ledger = await readLedger(this.#deps, path, values[fields.ledger.name], signal);
      return { datapoint, truth, ...lookedBefore(ledger, cycle, answers) };
    });
    return rows.map((row, index) => {
      const one = known[index];
      if (!one || !('label' in one.truth)) return row;
      this.#labelled.add(row.id);
      const said = [...one.people].flatMap(([person, annotation]) => {
        const annotator = this.#placeOf(person);
        const truth = annotation && truthOrNull(answers, annotation.result);
        return truth && 'label' in truth ? [{ annotator, label: classOf(truth.label) }] : [];
      });
      const isAskable = said.length > 0 && !one.isOpen && mayBeAsked(one.datapoint);
      const looked = isAskable ? one.people.size : null;
      return { ...row, said: { label: classOf(one.truth.label), answers: said, looked } };
    });
  }

  #placeOf(person: number | null): number {
    const place = this.#people.get(person) ?? this.#people.size;
    this.#people.set(person, place);
    return place;
  }
}
