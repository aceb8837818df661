import type { Truth } from '../truth.ts';

/** What an hour of annotating costs: `review.cost` of `loop.yaml`. */
export interface CostRate {
  readonly perHour: number;
  /** As people call it: `EUR`. */
  readonly currency: string;
}

/** What people's answers took. */
export interface PeopleWork {
  /** Those of which the time is known. */
  readonly answers: number;
  /** Classes named and objects drawn in them. */
  readonly labels: number;
  readonly seconds: number;
}

export const noWork: PeopleWork = { answers: 0, labels: 0, seconds: 0 };

export interface TimedAnswer {
  readonly truth: Truth;
  /** From opening the task to sending the answer; null: unknown. */
  readonly leadSeconds: number | null;
}

/** The sum over answers; those whose time is unknown count for nothing. */
export function workOf(answers: readonly TimedAnswer[]): PeopleWork {
  const sums = { ...noWork };
  for (const { truth, leadSeconds } of answers) {
    if (leadSeconds === null) continue;
    sums.answers += 1;
    sums.labels += labelsOf(truth).length;
    sums.seconds += leadSeconds;
  }
  return sums;
}

export function addedWork(one: PeopleWork, other: PeopleWork): PeopleWork {
  return {
    answers: one.answers + other.answers,
    labels: one.labels + other.labels,
    seconds: one.seconds + other.seconds,
  };
}

/**
 * What the answers of a review cost, as metrics by name: `cost/hours`, `cost/total`, `cost/per_answer`, `cost/per_label` in the rate's currency, and by class
 * the mean seconds and the cost of a label (`cost/class-tooth/seconds`, `…/per_label`). The time of an answer with several objects is shared out
 * equally among them.
 *
 * @param answers - None with a known time: no metrics.
 */
export function costMetrics(answers: readonly TimedAnswer[], rate: CostRate): Record<string, number> {
  const work = workOf(answers);
  if (work.answers === 0) return {};
  const costOf = (seconds: number) => (seconds / 3600) * rate.perHour;
  const byClass = new Map<string, { labels: number; seconds: number }>();
  for (const { truth, leadSeconds } of answers) {
    const labels = labelsOf(truth);
    if (leadSeconds === null) continue;
    for (const label of labels) {
      const sums = byClass.get(label) ?? { labels: 0, seconds: 0 };
      byClass.set(label, { labels: sums.labels + 1, seconds: sums.seconds + leadSeconds / labels.length });
    }
  }
  const ofClasses = [...byClass].map(([label, { labels, seconds }]) => ({
    [`cost/class-${metricName(label)}/seconds`]: seconds / labels,
    [`cost/class-${metricName(label)}/per_label`]: costOf(seconds) / labels,
  }));
  return Object.assign(
    {
      'cost/hours': work.seconds / 3600,
      'cost/total': costOf(work.seconds),
      'cost/per_answer': costOf(work.seconds) / work.answers,
      ...(work.labels > 0 && { 'cost/per_label': costOf(work.seconds) / work.labels }),
    },
    ...ofClasses,
  ) as Record<string, number>;
}

/** `People: 412 answers in 3.4 h, 85.00 EUR (0.21 an answer)` */
export function workText({ answers, seconds }: PeopleWork, { perHour, currency }: CostRate): string {
  const cost = (seconds / 3600) * perHour;
  const each = answers === 0 ? '' : ` (${(cost / answers).toFixed(2)} an answer)`;
  return `People: ${answers} answers in ${(seconds / 3600).toFixed(1)} h, ${cost.toFixed(2)} ${currency}${each}`;
}

function labelsOf(truth: Truth): string[] {
  return 'label' in truth ? [truth.label] : truth.objects.map(({ label }) => label);
}

/** MLflow takes letters, digits and a few signs. */
function metricName(label: string): string {
  return label.replace(/[^\w\-. /]/g, '_');
}
