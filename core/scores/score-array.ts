import { DomainError } from '../errors.ts';
import type { NumberArray } from '../number-array.ts';
import { assertCosts, type CostMatrix } from './cost-sensitive.ts';
import { drawsFault, meanOfDraws, type DrawsView } from './draws-kernel.ts';
import { rowFault } from './probability-rows.ts';
import type { RowKernel } from './row-kernel.ts';
import { scores, type Score, type ScoreName } from './score-names.ts';

/** A row that no score can be given, and why: never a number, so never silently first or last. */
export interface Quarantined {
  readonly row: number;
  /** The end of a sentence that begins with the row. */
  readonly reason: string;
}

export interface ScoredArray {
  /** `[rows]`, or `[rows, names]` of several; NaN in quarantined rows. Higher asks a person first. */
  readonly array: NumberArray;
  readonly quarantined: readonly Quarantined[];
}

/**
 * Scores of a file of answers, in one pass, by name: `[n, K]` are probabilities; `[T, n, K]` draws, for which scores of probabilities take the mean;
 * `[n]` or `[n, 1]` predicted losses or IoUs. Scores keep their own bounds.
 *
 * @param costs - What scores by cost go by.
 * @throws {@link DomainError} on another shape, and when a score needs what the array is not, or costs that are not given. Never retried.
 */
export function scoreArray(
  answers: NumberArray,
  names: readonly ScoreName[],
  costs?: CostMatrix,
): ScoredArray {
  const methods = names.map((name) => withCosts(name, costs));
  const { rows, scoreRow } = rowScorer(answers, names, methods);
  if (costs) assertCosts(costs, answers.shape.at(-1) ?? 0);
  const data = new Float64Array(rows * names.length).fill(NaN);
  const quarantined: Quarantined[] = [];
  for (let row = 0; row < rows; row++) {
    const reason = scoreRow(row, data, row * names.length);
    if (reason !== null) quarantined.push({ row, reason });
  }
  const shape = names.length === 1 ? [rows] : [rows, names.length];
  return { array: { shape, data, columns: names, ...(answers.ids && { ids: answers.ids }) }, quarantined };
}

/** Writes a row's scores to `into` from `at` on, or answers why it has none. */
type RowScorer = (row: number, into: Float64Array, at: number) => string | null;

/** A score that wants no more than the answers. */
type PlainScore = Exclude<Score, { needs: 'costs' | 'probabilities' }> | PlainRows;
interface PlainRows {
  readonly needs: 'probabilities';
  readonly kernel: RowKernel;
  readonly faultOf: typeof rowFault;
}

function withCosts(name: ScoreName, costs: CostMatrix | undefined): PlainScore {
  const score: Score = scores[name];
  if (score.needs !== 'costs') return score;
  if (!costs) throw new DomainError(`The score ${name} needs the costs of wrong answers.`);
  return { needs: 'probabilities', kernel: score.kernelOf(costs), faultOf: rowFault };
}

function rowScorer(
  { shape, data }: NumberArray,
  names: readonly ScoreName[],
  methods: readonly PlainScore[],
): { rows: number; scoreRow: RowScorer } {
  const [first = 0, second = 1, third] = shape;
  const isOne = shape.length === 1 || (shape.length === 2 && second === 1);
  const kind = isOne ? 'one number a row' : third === undefined ? 'probabilities' : 'draws';
  if (shape.length === 0 || shape.length > 3)
    throw new DomainError(
      `It has ${shape.length} axes; probabilities have [rows, classes], draws [draws, rows, classes], predicted losses and IoUs [rows].`,
    );
  methods.forEach(({ needs }, index) => {
    const ofOne = needs === 'predictedLoss' || needs === 'predictedIou';
    const fits = ofOne ? isOne : !isOne && (needs === 'probabilities' || kind === 'draws');
    if (fits) return;
    const what = {
      predictedLoss: '[rows]',
      predictedIou: '[rows]',
      draws: '[draws, rows, classes]',
      probabilities: '[rows, classes]',
    };
    throw new DomainError(
      `The score ${names[index] ?? ''} needs ${what[needs]}; an array of [${shape.join(', ')}] holds ${kind}.`,
    );
  });
  if (isOne) return { rows: first, scoreRow: numberScorer(data, methods) };
  return third === undefined
    ? { rows: first, scoreRow: probabilityScorer(data, second, methods) }
    : { rows: second, scoreRow: drawsScorer(data, [first, second, third], methods) };
}

function numberScorer(data: NumberArray['data'], methods: readonly PlainScore[]): RowScorer {
  return (row, into, at) => {
    const value = data[row] ?? NaN;
    for (const [index, method] of methods.entries()) {
      if (method.needs !== 'predictedLoss' && method.needs !== 'predictedIou') continue;
      const fault = method.faultOf(value);
      if (fault !== null) return fault;
      into[at + index] = method.kernel(value);
    }
    return null;
  };
}

function probabilityScorer(
  data: NumberArray['data'],
  classes: number,
  methods: readonly PlainScore[],
): RowScorer {
  const ofProbabilities = methods.filter((method) => method.needs === 'probabilities');
  const faults = [...new Set(ofProbabilities.map(({ faultOf }) => faultOf))];
  const kernels = ofProbabilities.map(({ kernel }) => kernel);
  return (row, into, at) => {
    const start = row * classes;
    for (const faultOf of faults) {
      const fault = faultOf(data, start, classes);
      if (fault !== null) return fault;
    }
    for (let index = 0; index < kernels.length; index++)
      into[at + index] = kernels[index]?.(data, start, classes) ?? NaN;
    return null;
  };
}

function drawsScorer(
  values: NumberArray['data'],
  [draws, rows, classes]: readonly [number, number, number],
  methods: readonly PlainScore[],
): RowScorer {
  const mean = new Float64Array(classes);
  return (row, into, at) => {
    const view: DrawsView = { values, start: row * classes, stride: rows * classes, draws, classes };
    const fault = drawsFault(view);
    if (fault !== null) return fault;
    for (let place = 0; place < classes; place++) mean[place] = meanOfDraws(view, place);
    methods.forEach((method, index) => {
      if (method.needs === 'draws') into[at + index] = method.kernel(view);
      else if (method.needs === 'probabilities') into[at + index] = method.kernel(mean, 0, classes);
    });
    return null;
  };
}
