import type { ReviewAnnotation, ReviewedTask } from '../ports.ts';
import type { Ledger } from './ledger.ts';
import type { AnnotationVersion, LedgerEntry } from './ledger-entry.ts';

/** A review as its entries name it. */
export interface LedgerReview {
  readonly cycle: number;
  readonly project: number;
}

/**
 * What a datapoint's ledger should hold after a look at its task, beyond what it holds: each version of an annotation that is there now, and that an
 * annotation is gone which the ledger knows of.
 *
 * @param task - Null: the task itself is gone.
 * @param noticedAt - ISO 8601, the same for every attempt.
 */
export function reviewEntries(
  ledger: Ledger,
  task: Pick<ReviewedTask, 'taskId' | 'annotations'> | null,
  review: LedgerReview,
  noticedAt: string,
): LedgerEntry[] {
  const annotations = task?.annotations ?? [];
  const there = new Set(annotations.map(({ id }) => id));
  const gone = ledger
    .standing()
    .filter(({ project, annotation }) => project === review.project && !there.has(annotation))
    .map(({ cycle, project, annotation, updatedAt }): LedgerEntry => ({
      event: 'deleted',
      cycle,
      project,
      annotation,
      updatedAt,
      noticedAt,
    }));
  const versions = annotations.map((annotation) => versionOf(annotation, review, task?.taskId ?? 0));
  return ledger.missing([...versions, ...gone]);
}

function versionOf(annotation: ReviewAnnotation, review: LedgerReview, task: number): AnnotationVersion {
  const { id, completedBy, createdAt, updatedAt, leadTimeSeconds, startedFrom, wasCancelled } = annotation;
  const version = {
    ...review,
    task,
    annotation: id,
    annotator: completedBy,
    createdAt,
    updatedAt,
    leadTimeSeconds,
    startedFrom: startedFrom?.modelVersion ?? null,
  };
  return wasCancelled
    ? { event: 'skipped', ...version }
    : { event: 'answered', ...version, result: [...annotation.result] };
}
