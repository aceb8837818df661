const maxRounds = 1000;
const tolerance = 1e-9;
/** Keeps a class that an annotator never used possible. */
const least = 1e-10;

export interface Consensus {
  /** Of each datapoint: the chance of each class, in the order of the classes; sums to 1. */
  readonly posteriors: ReadonlyMap<string, readonly number[]>;
  /** Of each annotator: how often they name a datapoint's class rightly, 0..1, by the posteriors. */
  readonly accuracies: ReadonlyMap<string, number>;
}

/**
 * What several annotators said together, by Dawid and Skene: expectation–maximisation over each datapoint's class and each annotator's confusions,
 * from the shares of the votes on. Who is often outvoted counts less, and is heard where they are good.
 *
 * @param opinions - By datapoint and annotator; see {@link overlappingOpinions}.
 * @param classes - All labels that occur.
 * @see Dawid, Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", 1979.
 */
export function dawidSkene(
  opinions: ReadonlyMap<string, ReadonlyMap<string, string>>,
  classes: readonly string[],
): Consensus {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const votes = [...opinions.values()].map((said) =>
    [...said].map(([annotator, label]) => ({ annotator, label: indexOf.get(label) ?? 0 })),
  );
  let posteriors = votes.map((said) =>
    normalised(classes.map((_, one) => said.filter(({ label }) => label === one).length)),
  );
  let [confusions, likelihood] = [confusionsOf(votes, posteriors, classes.length), -Infinity];
  for (let round = 0; round < maxRounds; round++) {
    const priors = classes.map(
      (_, one) => posteriors.reduce((sum, row) => sum + (row[one] ?? 0), 0) / votes.length,
    );
    const joint = votes.map((said) =>
      priors.map((prior, one) =>
        said.reduce(
          (chance, { annotator, label }) => chance * (confusions.get(annotator)?.[one]?.[label] ?? least),
          prior,
        ),
      ),
    );
    posteriors = joint.map(normalised);
    confusions = confusionsOf(votes, posteriors, classes.length);
    const next = joint.reduce((sum, row) => sum + Math.log(total(row)), 0);
    if (next - likelihood < tolerance) break;
    likelihood = next;
  }
  return {
    posteriors: new Map([...opinions.keys()].map((path, index) => [path, posteriors[index] ?? []])),
    accuracies: accuraciesOf(votes, posteriors),
  };
}

type Votes = readonly (readonly { readonly annotator: string; readonly label: number }[])[];

/** By annotator: `[class][label]`, the chance that they name the label where the class is the case. */
function confusionsOf(
  votes: Votes,
  posteriors: readonly (readonly number[])[],
  classes: number,
): Map<string, number[][]> {
  const counts = new Map<string, number[][]>();
  votes.forEach((said, index) => {
    for (const { annotator, label } of said) {
      const rows =
        counts.get(annotator) ?? Array.from({ length: classes }, () => Array<number>(classes).fill(least));
      rows.forEach((row, one) => (row[label] = (row[label] ?? 0) + (posteriors[index]?.[one] ?? 0)));
      counts.set(annotator, rows);
    }
  });
  return new Map([...counts].map(([annotator, rows]) => [annotator, rows.map(normalised)]));
}

function accuraciesOf(votes: Votes, posteriors: readonly (readonly number[])[]): Map<string, number> {
  const sums = new Map<string, { right: number; all: number }>();
  votes.forEach((said, index) => {
    for (const { annotator, label } of said) {
      const { right, all } = sums.get(annotator) ?? { right: 0, all: 0 };
      sums.set(annotator, { right: right + (posteriors[index]?.[label] ?? 0), all: all + 1 });
    }
  });
  return new Map([...sums].map(([annotator, { right, all }]) => [annotator, right / all]));
}

function normalised(row: readonly number[]): number[] {
  const sum = total(row);
  return row.map((value) => value / sum);
}

function total(row: readonly number[]): number {
  return row.reduce((sum, value) => sum + value, 0);
}
