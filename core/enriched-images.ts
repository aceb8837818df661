import { splits, type Split } from './fields.ts';

/** What is known of a datasource's images before a model sees them. */
export interface EnrichedImages {
  /** Images by split, whoever gave it. */
  readonly splits: Readonly<Record<Split, number>>;
  /** Images without a split, since they lack the field that groups are told by. They are in no pool. */
  readonly ungrouped: number;
  /** Images whose `split` is another word; they take part in nothing. */
  readonly foreign: number;
  /** What became of `importAnnotations`; absent without. */
  readonly imported?: {
    readonly imported: number;
    readonly kept: number;
    readonly unmatched: number;
    readonly unmatchedExamples: readonly string[];
    /** Objects that were left out or cut at the edge of their image, and where the first of them stand; absent when none was. */
    readonly faults?: {
      readonly skipped: number;
      readonly clipped: number;
      readonly examples: readonly string[];
    };
  };
}

/** Images that have a split; 0 while nothing is known. */
export function imagesInSplits(images: EnrichedImages | undefined): number {
  return splits.reduce((sum, split) => sum + (images?.splits[split] ?? 0), 0);
}

/** A sentence for each thing that a person should see. */
export function enrichedSentences(images: EnrichedImages): string[] {
  const { splits: counts, ungrouped, foreign, imported } = images;
  const total = imagesInSplits(images);
  const parts = splits.map(
    (split) =>
      `${counts[split]} ${split} (${total === 0 ? '0' : ((100 * counts[split]) / total).toFixed(1)} %)`,
  );
  return [
    `Images: ${parts.join(', ')}`,
    ...(ungrouped > 0 ? [`Images in no split, since they lack the field of splits.by: ${ungrouped}`] : []),
    ...(foreign > 0
      ? [`Images whose split is none of ${splits.join(', ')}, and which are left alone: ${foreign}`]
      : []),
    ...(imported
      ? [
          `Annotations imported: ${imported.imported}; images that had one already and keep it: ${imported.kept}`,
        ]
      : []),
    ...(imported && imported.unmatched > 0
      ? [
          `Imported rows that match no image: ${imported.unmatched}, such as ${imported.unmatchedExamples.join(', ')}`,
        ]
      : []),
    ...(imported?.faults
      ? [
          `Imported objects left out: ${imported.faults.skipped}, cut at the edge of their image: ${imported.faults.clipped}`,
          ...imported.faults.examples,
        ]
      : []),
  ];
}
