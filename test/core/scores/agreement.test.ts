import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activeLabLabelledScores, activeLabScores } from '../../../core/scores/active-lab.ts';
import { baldScores } from '../../../core/scores/bald.ts';
import { costMarginScores, leastCostScores } from '../../../core/scores/cost-sensitive.ts';
import { drawVarianceScores } from '../../../core/scores/draw-variance.ts';
import { entropyNatsScores, entropyScores } from '../../../core/scores/entropy.ts';
import { leastConfidenceScores } from '../../../core/scores/least-confidence.ts';
import { marginScores } from '../../../core/scores/margin.ts';
import { maxKlScores } from '../../../core/scores/max-kl.ts';
import { multiLabelMaxScores, multiLabelMeanScores } from '../../../core/scores/multi-label.ts';
import { variationRatioScores } from '../../../core/scores/variation-ratio.ts';
import { voteEntropyScores } from '../../../core/scores/vote-entropy.ts';

/** Written by make_scores.py, which names the versions: what public libraries give for the same numbers. */
const found = JSON.parse(readFileSync(join(__dirname, 'fixtures/scores.json'), 'utf8')) as {
  inputs: { rows: number[][]; draws: number[][][]; costs: number[][]; several: number[][] };
  cleanlab: Record<
    | 'consensusQuality'
    | 'annotatorWeights'
    | 'labelled'
    | 'unlabelled'
    | 'alone'
    | 'singleQuality'
    | 'single',
    number[]
  > & {
    labels: (number | null)[][];
    scaledUnlabelled: number[][];
    unlabelledProbabilities: number[][];
    modelWeight: number;
  };
} & Record<'modAL' | 'scikit-activeml' | 'baal' | 'numpy', Record<string, number[]>>;
const { rows, draws, costs, several } = found.inputs;
/** The libraries have the draws outside; ours has the items outside. */
const items = (draws[0] ?? []).map((_, item) => draws.map((draw) => draw[item]!));

function expectClose(ours: readonly number[], theirs: readonly number[]): void {
  expect(ours).toHaveLength(theirs.length);
  ours.forEach((value, index) => expect(Math.abs(value - theirs[index]!)).toBeLessThan(1e-9));
}

test.each([
  ['modAL', 'least-confidence', () => leastConfidenceScores(rows)],
  ['modAL', 'margin', () => marginScores(rows)],
  ['modAL', 'entropy-nats', () => entropyNatsScores(rows)],
  ['modAL', 'vote-entropy', () => voteEntropyScores(items)],
  ['modAL', 'max-kl', () => maxKlScores(items)],
  ['scikit-activeml', 'least-confidence', () => leastConfidenceScores(rows)],
  ['scikit-activeml', 'margin', () => marginScores(rows)],
  ['scikit-activeml', 'entropy-nats', () => entropyNatsScores(rows)],
  ['scikit-activeml', 'least-cost', () => leastCostScores(rows, costs)],
  ['scikit-activeml', 'cost-margin', () => costMarginScores(rows, costs)],
  ['scikit-activeml', 'vote-entropy', () => voteEntropyScores(items)],
  ['scikit-activeml', 'variation-ratio', () => variationRatioScores(items)],
  ['scikit-activeml', 'bald-unclipped', () => baldScores(items)],
  ['baal', 'bald', () => baldScores(items)],
  ['baal', 'draw-variance', () => drawVarianceScores(items)],
  ['baal', 'entropy-nats', () => entropyNatsScores(rows)],
  ['baal', 'margin', () => marginScores(rows)],
  ['numpy', 'entropy', () => entropyScores(rows)],
  ['numpy', 'multi-label-mean', () => multiLabelMeanScores(several)],
  ['numpy', 'multi-label-max', () => multiLabelMaxScores(several)],
  ['numpy', 'bald', () => baldScores(items)],
  ['numpy', 'draw-variance', () => drawVarianceScores(items)],
  ['numpy', 'max-kl', () => maxKlScores(items)],
] as const)('agrees with %s on %s', (library, score, ours) => {
  expectClose(ours(), found[library][score]!);
});

describe('cleanlab', () => {
  const { cleanlab } = found;
  const weights = {
    model: cleanlab.modelWeight,
    averageAnnotator: cleanlab.annotatorWeights.reduce((sum, one) => sum + one, 0) / 4,
  };
  const turned = (theirs: readonly number[]) => theirs.map((value) => 1 - value);

  test('agrees on ActiveLab of what several people annotated', () => {
    const answered = cleanlab.labels.map((labels, index) => ({
      consensusQuality: cleanlab.consensusQuality[index]!,
      annotatorWeights: cleanlab.annotatorWeights.filter((_, annotator) => labels[annotator] !== null),
    }));
    expectClose(activeLabLabelledScores(answered, { classes: 3, weights }), turned(cleanlab.labelled));
  });

  test('agrees on ActiveLab of what one person annotated', () => {
    const answered = cleanlab.singleQuality.map((consensusQuality) => ({
      consensusQuality,
      annotatorWeights: [1],
    }));
    expectClose(activeLabLabelledScores(answered, { classes: 3 }), turned(cleanlab.single));
  });

  test('agrees on ActiveLab of what nobody annotated, beside annotations and alone', () => {
    expectClose(activeLabScores(cleanlab.scaledUnlabelled, weights), turned(cleanlab.unlabelled));
    expectClose(activeLabScores(cleanlab.unlabelledProbabilities), turned(cleanlab.alone));
  });

  test('another answer asks a datapoint less', () => {
    const [once, twice] = activeLabLabelledScores(
      [
        { consensusQuality: 0.9, annotatorWeights: [1] },
        { consensusQuality: 0.9, annotatorWeights: [1, 1] },
      ],
      { classes: 3 },
    );
    expect(twice!).toBeLessThan(once!);
  });
});

describe('where a library is wrong', () => {
  test('modAL gives the margin of a single class; ours has none to give', () => {
    expect(found.modAL['one-class-margin']).toEqual([0, 0]);
    expect(() => marginScores([[1], [1]])).toThrow('Row 0 has one class; a score needs two classes or more.');
  });

  test('scikit-activeml moves BALD where a draw is sure; ours takes 0 ln 0 as 0', () => {
    const off = found['scikit-activeml']['bald-clipped']!.map((value, index) =>
      Math.abs(value - baldScores(items)[index]!),
    );
    expect(Math.max(...off)).toBeGreaterThan(1e-6);
  });

  test('scikit-activeml gives a negative uncertainty where a row sums to a little over 1; ours gives 0', () => {
    expect(found['scikit-activeml']['off-by-float32']![0]!).toBeLessThan(0);
    expect(leastConfidenceScores([[1.0004, 0, 0]])).toEqual([0]);
  });

  test('baal gives a broken row the score 0, and takes a row of another sum for logits; ours names both', () => {
    expect(found.baal['broken']![1]).toBe(0);
    expect(() =>
      entropyNatsScores([
        [0.5, 0.5],
        [NaN, 0.5],
      ]),
    ).toThrow('Row 1 holds NaN');
    expect(found.baal['logits-taken-for-probabilities']![0]!).toBeGreaterThan(0.69);
    expect(() => entropyNatsScores([[0.5, 0.4]])).toThrow('Row 0 sums to 0.9000');
  });
});
