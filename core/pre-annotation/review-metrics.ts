import { meanDifference } from '../metrics/mean-difference.ts';

/** What a person did with a suggestion. */
export interface WatchedAnswer {
  /** Label Studio's id; null: unknown. */
  readonly annotator: number | null;
  /** Seconds from opening the task to sending the answer; null: unknown. */
  readonly leadSeconds: number | null;
  /** 0: sent as suggested. See {@link editDistance}. */
  readonly distance: number;
  /** Null for a class, which has none. */
  readonly regions: RegionCounts | null;
  /** The suggestion was not shown; absent: it was. */
  readonly isBlind?: boolean;
  /** Of the suggestion and the answer, 0..1: {@link truthAgreement}. */
  readonly agreement?: number;
  /** Of the answer and what several people said together, 0..1; absent: nobody else was asked. */
  readonly consensus?: number;
}

/** Regions by where they came from, as the editor notes it in `origin`; deleted are those of the suggestion that are in the answer no more. */
export interface RegionCounts {
  readonly kept: number;
  readonly changed: number;
  readonly added: number;
  readonly deleted: number;
}

const fates = ['kept', 'changed', 'added', 'deleted'] as const;

/** Pixels are numbers with an end. */
const unchanged = 1e-6;

/**
 * Metrics of the answers that people began from a model's suggestion, by name, in all and by annotator: how many (`review/answers`), which
 * share was sent unchanged (`accepted_share`, 0..1), the mean edit distance an answer, the median of the seconds, and the regions by what
 * became of them.
 *
 * Where some were answered without being shown the suggestion, the same of those (`review/blind/…`), and how much more the others agree with it:
 * `review/pull`, −1..1, with its 95 % interval. Suggestions pull people where that is above 0.
 *
 * @param answers - None: no metrics.
 */
export function reviewMetrics(answers: readonly WatchedAnswer[]): Record<string, number> {
  const [shown, blind] = [false, true].map((isBlind) =>
    answers.filter((answer) => (answer.isBlind ?? false) === isBlind),
  ) as [WatchedAnswer[], WatchedAnswer[]];
  const people = new Set(shown.map(({ annotator }) => annotator));
  return Object.assign(
    metricsOf('review', shown),
    ...[...people].map((person) =>
      metricsOf(
        `review/annotator-${person ?? 'unknown'}`,
        shown.filter(({ annotator }) => annotator === person),
      ),
    ),
    metricsOf('review/blind', blind),
    pullMetrics(shown, blind),
  ) as Record<string, number>;
}

/** How much more people agree with a suggestion that they see. */
function pullMetrics(
  shown: readonly WatchedAnswer[],
  blind: readonly WatchedAnswer[],
): Record<string, number> {
  const [seen, unseen] = [shown, blind].map((answers) => answers.flatMap(({ agreement }) => agreement ?? []));
  const pull = meanDifference(seen ?? [], unseen ?? []);
  return pull
    ? { 'review/pull': pull.value, 'review/pull_low': pull.low, 'review/pull_high': pull.high }
    : {};
}

function metricsOf(prefix: string, answers: readonly WatchedAnswer[]): Record<string, number> {
  if (answers.length === 0) return {};
  const sum = (of: (answer: WatchedAnswer) => number) => answers.reduce((total, one) => total + of(one), 0);
  const seconds = answers.flatMap(({ leadSeconds }) => (leadSeconds === null ? [] : [leadSeconds]));
  return {
    [`${prefix}/answers`]: answers.length,
    [`${prefix}/accepted_share`]: sum(({ distance }) => (distance < unchanged ? 1 : 0)) / answers.length,
    [`${prefix}/edit_distance`]: sum(({ distance }) => distance) / answers.length,
    ...(seconds.length > 0 && { [`${prefix}/lead_seconds`]: median(seconds) }),
    ...meanOf('agreement'),
    ...meanOf('consensus'),
    ...Object.fromEntries(
      answers.some(({ regions }) => regions !== null)
        ? fates.map((fate) => [`${prefix}/regions_${fate}`, sum(({ regions }) => regions?.[fate] ?? 0)])
        : [],
    ),
  };

  function meanOf(name: 'agreement' | 'consensus'): Record<string, number> {
    const values = answers.flatMap((answer) => answer[name] ?? []);
    const total = values.reduce((all, value) => all + value, 0);
    return values.length === 0 ? {} : { [`${prefix}/${name}`]: total / values.length };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
