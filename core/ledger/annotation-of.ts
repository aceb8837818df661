import type { ReviewAnnotation } from '../ports.ts';
import type { AnnotationVersion } from './ledger-entry.ts';

/** A version that a ledger holds, as Label Studio had it; of the suggestion that it began from only the name is known. */
export function annotationOf(version: AnnotationVersion): ReviewAnnotation {
  const { annotation, annotator, createdAt, updatedAt, leadTimeSeconds, startedFrom } = version;
  return {
    id: annotation,
    result: version.event === 'answered' ? version.result : [],
    wasCancelled: version.event === 'skipped',
    completedBy: annotator,
    leadTimeSeconds,
    startedFrom: startedFrom === null ? null : { modelVersion: startedFrom, result: [] },
    createdAt,
    updatedAt,
  };
}
