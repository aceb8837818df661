import { hashUnit } from '../core/hash.ts';
import { holdOutImages } from '../core/hold-out-size.ts';
import { wilsonInterval } from '../core/metrics/wilson-interval.ts';
import { marginScores } from '../core/scores/margin.ts';
import { predScore } from '../core/scores/pred-score.ts';
import { BatchSelector } from '../core/selection/batch-selector.ts';
import { splitOf } from '../core/splits.ts';
import { readDigitRows } from '../demo/digit-rows.ts';
import { packageFile } from '../stack/program-entry.ts';
import { Bounds } from './bounds.ts';
import { softmaxRegression } from './softmax-regression.ts';

const seeds = 10;
const cycles = 10;
const firstImages = 30;
const batchImages = 20;
/** Digits that no loop ever sees: what a model does on them is the truth. */
const reserve = 597;
const splits = { train: 0.6, valid: 0.3, test: 0.1 };
const ourSplits = { train: 0.6, valid: 0.1, test: 0.3 };

interface Digit {
  readonly name: string;
  /** 0..1. */
  readonly pixels: readonly number[];
  readonly truth: number;
}

/** Probabilities by class, of each digit. */
type Model = (digits: readonly Digit[]) => number[][];

/** What a way of labelling reports of its model, and what is true. */
interface Look {
  readonly right: number;
  readonly images: number;
  /** Accuracy on the reserve. */
  readonly truth: number;
}

/**
 * Whether the reported accuracy is the true one, on digits over ten seeds, with logistic regression: ours from a random hold-out, and the
 * recipe's as printed, whose test set is whatever of the test split its hard images happened to be. Truth is the accuracy on 597 digits that
 * neither ever sees.
 *
 * @throws Error when ours is off by 2 points or more in any cycle, in the mean over the seeds.
 */
export async function benchHonesty(): Promise<void> {
  const rows = await readDigitRows(packageFile(import.meta.url, '.labelloop/venv/mlflow'));
  const digits = rows.map((row, index): Digit => {
    const pixels = row.slice(0, 64).map((grey) => grey / 16);
    return { name: `digit-${String(index).padStart(4, '0')}`, pixels, truth: row[64] ?? NaN };
  });
  const ours: Look[][] = [];
  const recipe: Look[][] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const shuffled = inOrder(digits, `${seed}/reserve`);
    const world = { seed, unseen: shuffled.slice(0, reserve), seen: shuffled.slice(reserve) };
    ours.push(ourLoop(world));
    recipe.push(recipeLoop(world));
  }
  const bounds = new Bounds();
  for (let cycle = 0; cycle < cycles; cycle++) {
    const labels = firstImages + cycle * batchImages;
    const accuracy = mean(ours, cycle, ({ truth }) => 100 * truth);
    const printed = mean(recipe, cycle, off);
    const truth = mean(recipe, cycle, ({ truth: share }) => 100 * share);
    console.log(
      `cycle ${cycle + 1}, ${labels} labels: the recipe is off by ${shown(printed)} points at ${truth.toFixed(1)} %`,
    );
    const what = `ours at ${accuracy.toFixed(1)} % is off by ${shown(mean(ours, cycle, off))} points, without the sign`;
    bounds.below(what, Math.abs(mean(ours, cycle, off)), 2);
  }
  const all = ours.flat();
  const held = all.filter(({ right, images, truth }) => {
    const { low, high } = wilsonInterval(right, images);
    return low <= truth && truth <= high;
  });
  console.log(
    `${held.length} of ${all.length} intervals of ours hold the truth, itself measured on ${reserve} digits only`,
  );
  bounds.assert();
}

interface World {
  readonly seed: number;
  readonly unseen: readonly Digit[];
  readonly seen: readonly Digit[];
}

/** Hold-out at random before all else; then the smallest margins of the train split. */
function ourLoop({ seed, unseen, seen }: World): Look[] {
  const inSplit = (split: string) => seen.filter(({ name }) => splitOf(name, ourSplits, seed) === split);
  const size = holdOutImages({ error: 0.05 }, seen.length);
  const holdOut = inOrder(inSplit('test'), `${seed}/hold-out`).slice(0, size);
  const pool = inOrder(inSplit('train'), `${seed}/first`);
  const train = new Set(pool.slice(0, firstImages));
  const looks: Look[] = [];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const model = trained([...train]);
    looks.push(look(model, holdOut, unseen));
    const open = pool.filter((one) => !train.has(one));
    for (const digit of hardest(model, open, `${seed}/${cycle}`)) train.add(digit);
  }
  return looks;
}

/** A split for every image, then the hardest of them all; what is labelled of a split is that split's data. */
function recipeLoop({ seed, unseen, seen }: World): Look[] {
  const labelled = new Set(inOrder(seen, `${seed}/first`).slice(0, firstImages));
  const looks: Look[] = [];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const ofSplit = (split: string) =>
      [...labelled].filter(({ name }) => splitOf(name, splits, seed) === split);
    const model = trained(ofSplit('train'));
    looks.push(look(model, ofSplit('test'), unseen));
    const open = seen.filter((one) => !labelled.has(one));
    for (const digit of hardest(model, open, `${seed}/${cycle}`)) labelled.add(digit);
  }
  return looks;
}

function trained(digits: readonly Digit[]): Model {
  const predict = softmaxRegression(
    digits.map(({ pixels }) => pixels),
    digits.map(({ truth }) => truth),
    10,
  );
  return (asked) => asked.map(({ pixels }) => predict(pixels));
}

function look(model: Model, tested: readonly Digit[], unseen: readonly Digit[]): Look {
  const right = (digits: readonly Digit[]) =>
    model(digits).filter((row, index) => row.indexOf(Math.max(...row)) === digits[index]?.truth).length;
  return { right: right(tested), images: tested.length, truth: right(unseen) / unseen.length };
}

function hardest(model: Model, digits: readonly Digit[], seed: string): Digit[] {
  const rule = { strategy: 'top-k' as const, maxImages: batchImages, maxScore: 1, randomShare: 0 };
  const selector = new BatchSelector(rule, seed);
  const informativeness = marginScores(model(digits));
  digits.forEach(({ name }, index) => selector.offer(name, predScore(informativeness[index] ?? NaN)));
  const chosen = new Set(selector.choose().map(({ key }) => key));
  return digits.filter(({ name }) => chosen.has(name));
}

function inOrder(digits: readonly Digit[], seed: string): Digit[] {
  return [...digits].sort((one, other) => hashUnit(seed, one.name) - hashUnit(seed, other.name));
}

/** Reported minus true accuracy, in points; NaN when nothing could be reported. */
function off({ right, images, truth }: Look): number {
  return 100 * (right / images - truth);
}

/** Over the seeds in which there is something to report. */
function mean(loops: readonly (readonly Look[])[], cycle: number, of: (look: Look) => number): number {
  const values = loops
    .flatMap((looks) => (looks[cycle] ? of(looks[cycle]) : []))
    .filter((value) => !Number.isNaN(value));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shown(points: number): string {
  return `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
}
