import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Answers } from '../../core/agreement/crowdlab.ts';
import type { NumberArray } from '../../core/number-array.ts';
import { activeLab } from '../../core/scores/active-lab.ts';
import { rowFault } from '../../core/scores/probability-rows.ts';
import type { ScoredArray } from '../../core/scores/score-array.ts';
import { readArray } from '../arrays/read-array.ts';
import { UsageError } from '../usage-error.ts';

/** ActiveLab of all rows of probabilities, those that people have answered and the others. */
export async function activeLabOfFiles(
  probabilities: string,
  people: string | undefined,
): Promise<ScoredArray> {
  const array = await readArray(probabilities);
  const { shape, data, ids } = array;
  const [rows = 0, classes = 0] = shape;
  if (shape.length !== 2)
    throw new UsageError(
      `${probabilities} has the shape ${shape.join(' × ')}; active-lab needs rows × classes.`,
    );
  const { answers, annotators } =
    people === undefined
      ? { answers: Array.from({ length: rows }, (): Answers => []), annotators: 0 }
      : await readAnswers(people, array);
  const faults = Array.from({ length: rows }, (_, row) => rowFault(data, row * classes, classes));
  const good = faults.flatMap((fault, row) => (fault === null ? [row] : []));
  const scores = activeLab(
    good.map((row) => answers[row] ?? []),
    good.map((row) => Array.from(data.subarray(row * classes, (row + 1) * classes))),
    annotators,
  );
  const all = new Float64Array(rows).fill(NaN);
  good.forEach((row, index) => (all[row] = scores[index] ?? NaN));
  return {
    array: { shape: [rows], data: all, columns: ['active-lab'], ...(ids && { ids }) },
    quarantined: faults.flatMap((reason, row) => (reason === null ? [] : [{ row, reason }])),
  };
}

/**
 * Lines `id,annotator,label` under such a head: ids of the rows, or their numbers; names of the classes, or their numbers. Of two answers of
 * one person to a row the later line counts.
 */
async function readAnswers(
  file: string,
  { shape: [rows = 0, classes = 0], ids, columns }: NumberArray,
): Promise<{ answers: Answers[]; annotators: number }> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  });
  const lines = recordsOf(file, text);
  const rowOf = new Map(
    (ids ?? Array.from({ length: rows }, (_, row) => String(row))).map((id, row) => [id, row]),
  );
  const names = columns ?? Array.from({ length: classes }, (_, one) => String(one));
  const annotators = new Map<string, number>();
  const said = Array.from({ length: rows }, () => new Map<number, number>());
  lines.forEach(({ id = '', annotator = '', label = '' }, index) => {
    const row = rowOf.get(id);
    const one = names.indexOf(label);
    const place = `${file}, line ${index + 2}`;
    if (row === undefined) throw new UsageError(`${place}: there is no row "${id}" among the probabilities.`);
    if (one < 0) throw new UsageError(`${place}: "${label}" is none of the classes ${names.join(', ')}.`);
    if (annotator === '') throw new UsageError(`${place}: who answered is missing.`);
    if (!annotators.has(annotator)) annotators.set(annotator, annotators.size);
    said[row]?.set(annotators.get(annotator) ?? 0, one);
  });
  return {
    answers: said.map((ofRow) => [...ofRow].map(([annotator, label]) => ({ annotator, label }))),
    annotators: annotators.size,
  };
}

function recordsOf(file: string, text: string): Partial<Record<string, string>>[] {
  const columns = (head: string[]): string[] => {
    const missing = ['id', 'annotator', 'label'].find((name) => !head.includes(name));
    if (missing !== undefined) throw new Error(`its first line names no column "${missing}"`);
    return head;
  };
  try {
    return parse(text, { bom: true, columns, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}.`, { cause: error });
  }
}
