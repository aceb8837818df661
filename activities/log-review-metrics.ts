import { isUnknownThere } from '../core/errors.ts';
import type { ExperimentTracker } from '../core/ports.ts';

/**
 * Logs what a review told to the run of a model, at the cycle as step. Their time is that of the newest answer, so that sending them again is no second
 * point. A run that somebody deleted takes none.
 */
export async function logReviewMetrics(
  tracker: ExperimentTracker,
  runId: string,
  about: { metrics: Readonly<Record<string, number>>; cycle: number; newestMs: number },
  signal: AbortSignal,
): Promise<void> {
  const metrics = Object.entries(about.metrics).map(([key, value]) => ({
    key,
    value,
    step: about.cycle,
    timestampMs: about.newestMs,
  }));
  if (metrics.length === 0) return;
  try {
    await tracker.logBatch(runId, { metrics }, signal);
  } catch (error) {
    if (!isUnknownThere(error)) throw error;
  }
}
