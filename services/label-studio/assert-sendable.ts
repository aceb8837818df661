import { DomainError } from '../../core/errors.ts';
import { parseLabelConfig, type LabelControl } from '../../core/label-config.ts';
import type { ResultItem, ReviewTask, TaskPrediction } from '../../core/ports.ts';
import { predictionsOfTask } from './predictions-of-task.ts';

/**
 * Refuses what Label Studio would store wrong or drop without a word: scores that are no number, labels and controls the labelling
 * config lacks, a key twice.
 *
 * @throws DomainError naming the task and the reason.
 */
export function assertSendable(tasks: readonly ReviewTask[], labelConfig: string): void {
  const controls = new Map(parseLabelConfig(labelConfig).controls.map((control) => [control.name, control]));
  const keys = new Set<string>();
  for (const task of tasks) {
    const { key } = task;
    if (key === '') throw new DomainError('A task has an empty key.');
    if (keys.has(key)) throw new DomainError(`"${key}" is in the batch twice.`);
    keys.add(key);
    for (const prediction of predictionsOfTask(task)) assertPrediction(key, prediction, controls);
  }
}

function assertPrediction(
  key: string,
  { modelVersion, score, result }: TaskPrediction,
  controls: ReadonlyMap<string, LabelControl>,
): void {
  if (modelVersion === '') throw new DomainError(`The prediction of "${key}" names no model version.`);
  if (!(score >= 0 && score <= 1))
    throw new DomainError(`The prediction of "${key}" has the score ${score}; it must be in 0..1.`);
  for (const item of result) {
    const problem = problemOf(item, controls);
    if (problem !== null) throw new DomainError(`The prediction of "${key}" ${problem}.`);
  }
}

function problemOf(item: ResultItem, controls: ReadonlyMap<string, LabelControl>): string | null {
  const name = String(item['from_name']);
  const control = controls.get(name);
  if (!control) return `is for the control "${name}", which the labelling config lacks`;
  const { type, toName, labels } = control;
  if (String(item['type']) !== type.toLowerCase())
    return `has the type "${String(item['type'])}" for <${type} name="${name}">; it must be "${type.toLowerCase()}"`;
  if (!toName.split(',').includes(String(item['to_name'])))
    return `is on "${String(item['to_name'])}"; <${type} name="${name}"> is on "${toName}"`;
  if (hasOddNumber(item)) return `holds a number that is not finite`;
  const unknown = labelsOf(item).find((label) => !labels.includes(label));
  if (labels.length > 0 && unknown !== undefined)
    return `names "${unknown}", which <${type} name="${name}"> lacks`;
  return null;
}

/** The labels of a result item stand under its type's own name: `choices`, `rectanglelabels`, … */
function labelsOf(item: ResultItem): string[] {
  const value = item['value'] as Record<string, unknown> | undefined;
  const labels = value?.[String(item['type'])];
  return Array.isArray(labels) ? labels.map(String) : [];
}

/** JSON turns NaN and infinity into null. */
function hasOddNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasOddNumber);
}
