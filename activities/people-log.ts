import { agreementMetrics } from '../core/agreement/agreement-metrics.ts';
import type { TruthOpinion } from '../core/agreement/truth-opinions.ts';
import type { Answers, LabelScheme } from '../core/answers/answers.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import type { Standing } from '../core/opinions/standing-answer.ts';
import type { ExperimentTracker } from '../core/ports.ts';
import {
  costMetrics,
  workOf,
  type CostRate,
  type PeopleWork,
  type TimedAnswer,
} from '../core/pre-annotation/work-cost.ts';
import { logReviewMetrics } from './log-review-metrics.ts';

/** How far the people of a review agree, and what their answers cost, as metrics of the run whose model predicted its images. */
export class PeopleLog {
  readonly #answers: Answers;
  readonly #classes: readonly string[];
  readonly #cost: CostRate | undefined;
  readonly #opinions: TruthOpinion[] = [];
  readonly #timed: TimedAnswer[] = [];
  #runId: string | undefined;
  #newestMs = 0;

  constructor(answers: Answers, { classes }: LabelScheme, cost: CostRate | undefined) {
    this.#answers = answers;
    this.#classes = classes;
    this.#cost = cost;
  }

  /** @param predictedBy - MLflow run id of the model that predicted the image; absent: none did. */
  add(path: string, { given, said, answer }: Standing, predictedBy: string | undefined): void {
    this.#runId ??= predictedBy;
    for (const { annotation, truth } of said)
      if (annotation.completedBy !== null)
        this.#opinions.push({ path, annotator: String(annotation.completedBy), truth });
    for (const one of given) this.#newestMs = Math.max(this.#newestMs, Date.parse(one.updatedAt));
    if (!this.#cost) return;
    const verdict = answer?.originals && answer.id !== undefined ? [answer] : [];
    for (const one of [...given, ...verdict]) {
      const truth = truthOrNull(this.#answers, one.result);
      if (truth) this.#timed.push({ truth, leadSeconds: one.leadTimeSeconds ?? null });
    }
  }

  /** What the answers took; undefined where nobody wants to know. */
  get work(): PeopleWork | undefined {
    return this.#cost && workOf(this.#timed);
  }

  async log(tracker: ExperimentTracker, cycle: number, signal: AbortSignal): Promise<void> {
    if (this.#runId === undefined) return;
    const metrics = {
      ...agreementMetrics(this.#opinions, this.#classes),
      ...(this.#cost && costMetrics(this.#timed, this.#cost)),
    };
    await logReviewMetrics(tracker, this.#runId, { metrics, cycle, newestMs: this.#newestMs }, signal);
  }
}
