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
 * @param answers - None: no metrics.
 */
export function reviewMetrics(answers: readonly WatchedAnswer[]): Record<string, number> {
  const people = new Set(answers.map(({ annotator }) => annotator));
  return Object.assign(
    metricsOf('review', answers),
    ...[...people].map((person) =>
      metricsOf(
        `review/annotator-${person ?? 'unknown'}`,
        answers.filter(({ annotator }) => annotator === person),
      ),
    ),
  ) as Record<string, number>;
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
    ...Object.fromEntries(
      answers.some(({ regions }) => regions !== null)
        ? fates.map((fate) => [`${prefix}/regions_${fate}`, sum(({ regions }) => regions?.[fate] ?? 0)])
        : [],
    ),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
