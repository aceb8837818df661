import type { AnnotatedImage } from './annotated-image.ts';
import type { FormatReport } from './format-report.ts';

/** Annotations that have been read once, to their end, and found good. */
export interface AnnotationFile {
  /** In the order of their numbers where the format has numbers, else of the alphabet. */
  readonly classes: readonly string[];
  /** Reads them again, one image at a time; may be called more than once. The report is filled as it goes. */
  readonly images: (report: FormatReport) => AsyncGenerator<AnnotatedImage>;
}
