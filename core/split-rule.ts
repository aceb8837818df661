import type { SplitRatios } from './splits.ts';

/** How images are divided: by ratios, each by itself or as `by` says. */
export interface SplitRule extends SplitRatios {
  /**
   * `path`: images share a split when a regular expression's first group captures the same text of their paths, as those of one patient or
   * video. `field`: when they have the same value of a metadata field. `stratify`: each value of a metadata field gets the ratios
   * almost exactly, however few images it has.
   */
  readonly by?:
    { readonly path: string } | { readonly field: string } | { readonly stratify: string } | undefined;
}

/** What an image's group is called in its path; a path that does not match is a group of its own. */
export function groupOfPath(pattern: RegExp, path: string): string {
  return pattern.exec(path)?.[1] ?? path;
}
