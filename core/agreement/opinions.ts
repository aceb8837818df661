/** What several annotators said of the same datapoints. */
export interface Opinion {
  /** The datapoint. */
  readonly path: string;
  readonly annotator: string;
  readonly label: string;
}

/** The labels of each datapoint that two annotators at least have seen, in the order given. An annotator counts once a datapoint: the newest label. */
export function overlappingOpinions(opinions: readonly Opinion[]): Map<string, Map<string, string>> {
  const byPath = new Map<string, Map<string, string>>();
  for (const { path, annotator, label } of opinions) {
    const said = byPath.get(path) ?? new Map<string, string>();
    said.delete(annotator);
    byPath.set(path, said.set(annotator, label));
  }
  for (const [path, said] of byPath) if (said.size < 2) byPath.delete(path);
  return byPath;
}
