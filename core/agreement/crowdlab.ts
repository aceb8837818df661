import { temperatureScaled } from './temperature.ts';

/** Who said what of an item, each annotator once; indices of the annotator and of the class. */
export type Answers = readonly { readonly annotator: number; readonly label: number }[];

/** What a model and several annotators, who disagree, are worth together. */
export interface CrowdQuality {
  /** `[items]`, 0..1: how likely the answer that stands is right, by all answers and the model's. */
  readonly consensusQuality: readonly number[];
  readonly modelWeight: number;
  /** `[annotators]`. */
  readonly annotatorWeights: readonly number[];
}

/** No weight is below. */
const least = 1e-6;

/**
 * CROWDLAB: weighs a model and each annotator by how much better they are than the commonest class, and the answer that stands by both. The same
 * numbers as cleanlab 2.9.0, but that a tie which nothing breaks falls to the first class and not at random.
 *
 * @param answers - `[items]`, one or more an item, two of some.
 * @param probabilities - `[items][classes]`, of a model that has not seen these answers.
 * @see Goh, Tkachenko, Mueller 2022, "CROWDLAB: Supervised learning to infer consensus labels and quality scores for data with multiple annotators".
 */
export function crowdlab(
  answers: readonly Answers[],
  probabilities: readonly (readonly number[])[],
  annotators: number,
): CrowdQuality {
  const majority = majorityLabels(answers, probabilities, annotators);
  const first = posteriors(answers, probabilities, annotators, majority);
  const best = first.rows.map((row, item) => {
    const tops = highest(row);
    return tops.length === 1 ? (tops[0] ?? 0) : (majority[item] ?? 0);
  });
  const { rows, modelWeight, annotatorWeights } = posteriors(answers, probabilities, annotators, best);
  return {
    consensusQuality: rows.map((row, item) => row[best[item] ?? 0] ?? NaN),
    modelWeight,
    annotatorWeights,
  };
}

function posteriors(
  answers: readonly Answers[],
  probabilities: readonly (readonly number[])[],
  annotators: number,
  consensus: readonly number[],
) {
  const classes = probabilities[0]?.length ?? 0;
  const shared = answers.flatMap((said, item) => (said.length > 1 ? [item] : []));
  const consensusOf = (item: number) => consensus[item] ?? 0;
  const likelihood = mean(
    shared.map((item) => mean((answers[item] ?? []).map(({ label }) => Number(label === consensusOf(item))))),
  );
  const commonest = highest(tally(shared.map(consensusOf), classes))[0];
  const classError = Math.max(mean(shared.map((item) => Number(consensusOf(item) !== commonest))), least);
  const annotatorWeights = agreements(answers, annotators).map((agreement) =>
    Math.max(1 - (1 - agreement) / classError, least),
  );
  const modelError = mean(
    shared.map((item) => Number(highest(probabilities[item] ?? [])[0] !== consensusOf(item))),
  );
  const modelWeight =
    Math.max(1 - modelError / classError, least) * Math.sqrt(mean(answers.map((said) => said.length)));
  const rows = probabilities.map((row, item) => {
    const said = answers[item] ?? [];
    const weightOf = (annotator: number) => annotatorWeights[annotator] ?? NaN;
    const total = said.reduce((sum, { annotator }) => sum + weightOf(annotator), modelWeight);
    return row.map(
      (p, one) =>
        said.reduce(
          (sum, { annotator, label }) =>
            sum + weightOf(annotator) * (label === one ? likelihood : (1 - likelihood) / (classes - 1)),
          p * modelWeight,
        ) / total,
    );
  });
  return { rows, modelWeight, annotatorWeights };
}

/** How often each annotator says what the others say of the same items; the mean of the others' where there are none. */
function agreements(answers: readonly Answers[], annotators: number): number[] {
  const same = new Float64Array(annotators);
  const all = new Float64Array(annotators);
  for (const said of answers)
    for (const { annotator, label } of said) {
      const alike = said.filter((one) => one.label === label).length - 1;
      same[annotator] = (same[annotator] ?? 0) + alike;
      all[annotator] = (all[annotator] ?? 0) + said.length - 1;
    }
  const found = Array.from(same, (count, annotator) => count / (all[annotator] ?? 0));
  const average = mean(found.filter((value) => !Number.isNaN(value)));
  return found.map((value) => (Number.isNaN(value) ? average : value));
}

/** The most voted class; ties by the model, then to the class that is voted least in all, then by those who are mostly with the majority. */
function majorityLabels(
  answers: readonly Answers[],
  probabilities: readonly (readonly number[])[],
  annotators: number,
): number[] {
  const classes = probabilities[0]?.length ?? 0;
  const votes = tally(
    answers.flatMap((said) => said.map(({ label }) => label)),
    classes,
  );
  const mostVoted = answers.map((said) =>
    highest(
      tally(
        said.map(({ label }) => label),
        classes,
      ),
    ),
  );
  const reliability = withTheMajority(answers, mostVoted, annotators);
  return mostVoted.map((tied, item) => {
    const byModel = bestOf(tied, (one) => probabilities[item]?.[one] ?? 0);
    const byRarity = bestOf(byModel, (one) => -(votes[one] ?? 0));
    const byPeople = bestOf(byRarity, (one) =>
      mean(
        (answers[item] ?? [])
          .filter(({ label }) => label === one)
          .map(({ annotator }) => reliability[annotator] ?? 0),
      ),
    );
    return byPeople[0] ?? 0;
  });
}

function withTheMajority(
  answers: readonly Answers[],
  mostVoted: readonly (readonly number[])[],
  annotators: number,
): number[] {
  const hits = Array.from({ length: annotators }, () => new Array<number>());
  answers.forEach((said, item) => {
    const [label, ...tied] = mostVoted[item] ?? [];
    if (tied.length > 0) return;
    for (const one of said) hits[one.annotator]?.push(Number(one.label === label));
  });
  const shares = hits.map(mean);
  const average = mean(shares.filter((share) => !Number.isNaN(share)));
  return shares.map((share) => (Number.isNaN(share) ? average : share));
}

/**
 * The temperature at which a model's probabilities are most like what people said, of a coarse grid and a finer one around its best.
 *
 * @see `find_best_temp_scaler` of cleanlab 2.9.0.
 */
export function bestTemperature(
  answers: readonly Answers[],
  probabilities: readonly (readonly number[])[],
): number {
  const classes = probabilities[0]?.length ?? 0;
  const shares = answers.map((said) =>
    tally(
      said.map(({ label }) => label),
      classes,
    ).map((count) => count / said.length),
  );
  const loss = (temperature: number): number =>
    mean(
      temperatureScaled(probabilities, temperature).map((row, item) =>
        row.reduce((sum, p, one) => sum - (shares[item]?.[one] ?? 0) * Math.log(Math.max(p, 1e-30)), 0),
      ),
    );
  const coarse = [0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8];
  const at = lowestOf(coarse.map(loss));
  const [before, here, after] = [coarse[at - 1], coarse[at] ?? 1, coarse[at + 1]];
  const fine = [
    ...(before === undefined ? [] : [0, 1, 2, 3].map((step) => before + ((here - before) * step) / 4)),
    ...(after === undefined ? [] : [0, 1, 2, 3, 4].map((step) => here + ((after - here) * step) / 4)),
  ];
  return fine[lowestOf(fine.map(loss))] ?? 1;
}

function tally(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Places of the highest value. */
function highest(values: readonly number[]): number[] {
  const most = Math.max(...values);
  return values.flatMap((value, place) => (value === most ? [place] : []));
}

function bestOf(candidates: readonly number[], worth: (candidate: number) => number): number[] {
  return highest(candidates.map(worth)).map((place) => candidates[place] ?? 0);
}

function lowestOf(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
