import type { Answers } from '../core/answers/answers.ts';
import { DomainError, ServiceRejectedError } from '../core/errors.ts';
import type { ExperimentTracker, ReviewAnnotation } from '../core/ports.ts';
import { editDistance } from '../core/pre-annotation/edit-distance.ts';
import { regionCounts } from '../core/pre-annotation/region-counts.ts';
import { reviewMetrics, type WatchedAnswer } from '../core/pre-annotation/review-metrics.ts';

/** What people make of a review's suggestions, as metrics of the runs whose models made them. */
export class ReviewWatch {
  readonly #answers: Answers;
  readonly #byRun = new Map<string, { readonly watched: WatchedAnswer[]; lastMs: number }>();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** Counts an answer that began from a suggestion; others tell nothing of it. */
  add(answer: ReviewAnnotation): void {
    const { startedFrom } = answer;
    const watched = startedFrom && this.#watched(answer, startedFrom.result);
    if (!startedFrom || !watched) return;
    const run = this.#byRun.get(startedFrom.modelVersion) ?? { watched: [], lastMs: 0 };
    this.#byRun.set(startedFrom.modelVersion, run);
    run.watched.push(watched);
    run.lastMs = Math.max(run.lastMs, Date.parse(answer.updatedAt));
  }

  /**
   * Logs the metrics at the cycle as step. Their time is that of the newest answer, so that sending them again is no second point. A run that
   * somebody deleted takes none.
   */
  async log(tracker: ExperimentTracker, cycle: number, signal: AbortSignal): Promise<void> {
    for (const [runId, { watched, lastMs: timestampMs }] of this.#byRun) {
      const metrics = Object.entries(reviewMetrics(watched)).map(([key, value]) => ({
        key,
        value,
        step: cycle,
        timestampMs,
      }));
      try {
        await tracker.logBatch(runId, { metrics }, signal);
      } catch (error) {
        if (!(error instanceof ServiceRejectedError && [400, 404].includes(error.status))) throw error;
      }
    }
  }

  /** Null where the suggestion is none of a model of ours: people may have put theirs there. */
  #watched(answer: ReviewAnnotation, suggestion: ReviewAnnotation['result']): WatchedAnswer | null {
    const [suggested, answered] = [suggestion, answer.result].map((result) => this.#answers.itemsOf(result));
    if (!suggested || !answered) return null;
    try {
      const [from, to] = [suggested, answered].map((items) => this.#answers.truthOf(items, 'It'));
      if (!from || !to) return null;
      return {
        annotator: answer.completedBy,
        leadSeconds: answer.leadTimeSeconds,
        distance: editDistance(from, to),
        regions: 'objects' in to ? regionCounts(suggested, answered) : null,
      };
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}
