import { z } from 'zod';

const review = {
  /** Of the review. */
  cycle: z.number(),
  /** Label Studio's id of the review's project. */
  project: z.number(),
};
const version = {
  ...review,
  /** Label Studio's ids. */
  task: z.number(),
  annotation: z.number(),
  /** The person; null where Label Studio does not tell. */
  annotator: z.number().nullable(),
  /** ISO 8601, by Label Studio's clock. */
  createdAt: z.string(),
  updatedAt: z.string(),
  leadTimeSeconds: z.number().nullable(),
  /** MLflow run whose pre-annotation the person started from; null: an empty image, or a program. */
  startedFrom: z.string().nullable(),
};

/** What happened to a datapoint in a review. Other keys and events than these are kept where they stand, and not read. */
export const ledgerEntrySchema = z.discriminatedUnion('event', [
  /** People were asked. */
  z.object({
    event: z.literal('sent'),
    ...review,
    /** A purpose of `core/fields.ts`. */
    purpose: z.string(),
    /** MLflow run of the pre-annotation; null: none. */
    suggestedBy: z.string().nullable(),
  }),
  /** A version of an annotation: a correction is another one of the same annotation. `result` is what the person said. */
  z.object({
    event: z.literal('answered'),
    ...version,
    result: z.array(z.record(z.string(), z.unknown())),
  }),
  z.object({ event: z.literal('skipped'), ...version }),
  /** The annotation was deleted in Label Studio, after the version that it names. */
  z.object({
    event: z.literal('deleted'),
    ...review,
    annotation: z.number(),
    updatedAt: z.string(),
    /** ISO 8601: when the collection that missed it was due. */
    noticedAt: z.string(),
  }),
  /** The task was taken back unanswered. */
  z.object({ event: z.literal('withdrawn'), ...review, why: z.string() }),
]);

export type LedgerEntry = z.output<typeof ledgerEntrySchema>;
/** A version of an annotation. */
export type AnnotationVersion = Extract<LedgerEntry, { event: 'answered' | 'skipped' }>;

/** What an entry is known by; a ledger holds one of each. */
export function entryKey(entry: LedgerEntry): string {
  const { event, project } = entry;
  return 'annotation' in entry
    ? `${event} ${project}/${entry.annotation}@${entry.updatedAt}`
    : `${event} ${project} of ${entry.cycle}`;
}
