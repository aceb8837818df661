import { DomainError } from '../../core/errors.ts';
import type { CostMatrix } from '../../core/scores/cost-sensitive.ts';
import { scoreArrayFast } from '../../core/scores/score-array-fast.ts';
import { scoreArray, type ScoredArray } from '../../core/scores/score-array.ts';
import type { ScoreName } from '../../core/scores/score-names.ts';
import { readArray } from '../arrays/read-array.ts';
import { UsageError } from '../usage-error.ts';
import { fileMethods, type MethodName } from './file-methods.ts';

export interface ScoreFiles {
  /** Of a model. */
  readonly answers: string;
  readonly methods: readonly MethodName[];
  readonly fast: boolean;
  /** `[classes, classes]`, the right class first. */
  readonly costs?: string;
  /** Lines `id,annotator,label`. */
  readonly people?: string;
  /** Another model's objects. */
  readonly against?: string;
}

/** @throws UsageError naming the file and what is wrong with it, or the flag that is missing. */
export async function scoredFiles(files: ScoreFiles): Promise<ScoredArray> {
  const { answers, methods, costs, people, against } = files;
  const alone = fileMethods.find((name) => methods.includes(name));
  if (alone !== undefined && methods.length > 1)
    throw new UsageError(`--method ${alone} goes by other files than the rest; ask for it alone.`);
  refuse(people !== undefined && alone !== 'active-lab', '--answers is for --method active-lab.');
  refuse(
    against !== undefined && alone !== 'model-disagreement',
    '--against is for --method model-disagreement.',
  );
  if (alone === 'active-lab') {
    const { activeLabOfFiles } = await import('./active-lab-of-files.ts');
    return activeLabOfFiles(answers, people);
  }
  if (alone === 'model-disagreement') {
    if (against === undefined)
      throw new UsageError(
        '--method model-disagreement needs --against, what another model finds in the images.',
      );
    const { disagreementOfFiles } = await import('./disagreement-of-files.ts');
    return disagreementOfFiles(answers, against);
  }
  const names = methods as readonly ScoreName[];
  const byCost = names.find((name) => name === 'least-cost' || name === 'cost-margin');
  refuse(costs !== undefined && byCost === undefined, '--costs is for --method least-cost and cost-margin.');
  refuse(
    costs === undefined && byCost !== undefined,
    `--method ${byCost ?? ''} needs --costs, a file of [classes, classes].`,
  );
  const array = await readArray(answers);
  const matrix = costs === undefined ? undefined : await readCosts(costs, array.columns);
  try {
    return files.fast ? scoreArrayFast(array, names) : scoreArray(array, names, matrix);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const file =
      error.message.includes('the costs') || error.message.startsWith('The costs') ? costs : answers;
    throw new UsageError(`${file ?? answers}: ${error.message}`, { cause: error });
  }
}

/** A right class a row, an answer a column; names of either must be the classes of the answers, where these have names. */
async function readCosts(file: string, classes: readonly string[] | undefined): Promise<CostMatrix> {
  const { shape, data, ids, columns } = await readArray(file);
  const [rows = 0, width = 0] = shape;
  if (shape.length !== 2)
    throw new UsageError(`${file} has the shape ${shape.join(' × ')}; costs are classes × classes.`);
  for (const names of [ids, columns]) {
    const at = classes && names ? names.findIndex((name, place) => name !== classes[place]) : -1;
    if (at >= 0)
      throw new UsageError(
        `${file}: class ${at} is "${names?.[at] ?? ''}", and "${classes?.[at] ?? ''}" in the answers; give the classes in one order.`,
      );
  }
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new UsageError(message);
}
