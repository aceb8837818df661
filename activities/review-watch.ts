import type { Answers } from '../core/answers/answers.ts';
import { truthAgreement } from '../core/agreement/truth-agreement.ts';
import { truthOrNull } from '../core/answers/truth-or-null.ts';
import type { ExperimentTracker, ReviewAnnotation } from '../core/ports.ts';
import { editDistance } from '../core/pre-annotation/edit-distance.ts';
import { regionCounts } from '../core/pre-annotation/region-counts.ts';
import { reviewMetrics, type WatchedAnswer } from '../core/pre-annotation/review-metrics.ts';
import { suggestionText } from '../core/pre-annotation/suggestion-text.ts';
import type { Truth } from '../core/truth.ts';
import { logReviewMetrics } from './log-review-metrics.ts';

type Suggestion = NonNullable<ReviewAnnotation['startedFrom']>;

/** What people make of a review's suggestions, as metrics of the runs whose models made them. */
export class ReviewWatch {
  readonly #answers: Answers;
  readonly #byRun = new Map<string, { readonly watched: WatchedAnswer[]; lastMs: number }>();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /**
   * Counts an answer that began from a suggestion, or was given without seeing it; others tell nothing of it.
   *
   * @param beside - `hidden`: the suggestion that was not shown. `consensus`: what several people said together.
   */
  add(
    answer: ReviewAnnotation,
    beside: { hidden?: Suggestion | undefined; consensus?: Truth | undefined } = {},
  ): void {
    const suggestion = answer.startedFrom ?? beside.hidden;
    const watched = suggestion && this.#watched(answer, suggestion.result, beside.consensus);
    if (!suggestion || !watched) return;
    const run = this.#byRun.get(suggestion.modelVersion) ?? { watched: [], lastMs: 0 };
    this.#byRun.set(suggestion.modelVersion, run);
    run.watched.push(answer.startedFrom ? watched : { ...watched, isBlind: true });
    run.lastMs = Math.max(run.lastMs, Date.parse(answer.updatedAt));
  }

  /** In a sentence, of the run that most answers are about; null where nobody began from a suggestion. */
  get text(): string | null {
    const [most] = [...this.#byRun.values()].sort((a, b) => b.watched.length - a.watched.length);
    return most ? suggestionText(reviewMetrics(most.watched)) : null;
  }

  /** @see logReviewMetrics */
  async log(tracker: ExperimentTracker, cycle: number, signal: AbortSignal): Promise<void> {
    for (const [runId, { watched, lastMs: newestMs }] of this.#byRun)
      await logReviewMetrics(tracker, runId, { metrics: reviewMetrics(watched), cycle, newestMs }, signal);
  }

  /** Null where the suggestion is none of a model of ours: people may have put theirs there. */
  #watched(
    answer: ReviewAnnotation,
    suggestion: Suggestion['result'],
    consensus?: Truth,
  ): WatchedAnswer | null {
    const [suggested, answered] = [suggestion, answer.result].map((result) => this.#answers.itemsOf(result));
    if (!suggested || !answered) return null;
    const [from, to] = [suggested, answered].map((items) => truthOrNull(this.#answers, items));
    if (!from || !to) return null;
    return {
      annotator: answer.completedBy,
      leadSeconds: answer.leadTimeSeconds,
      distance: editDistance(from, to),
      // Without a suggestion there is none to keep or change.
      regions: 'objects' in to && answer.startedFrom ? regionCounts(suggested, answered) : null,
      agreement: truthAgreement(from, to),
      ...(consensus && { consensus: truthAgreement(consensus, to) }),
    };
  }
}
