import { askedBefore } from '../core/asked-before.ts';
import { anyOf, equals, type MetadataEntry } from '../core/datapoints.ts';
import { backInPool, fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { takenBackFields } from './take-back.ts';

/** Datapoints looked up in one go. */
const pathsAtOnce = 100;

/**
 * Has a cycle ask again what it withdrew and somebody answered all the same: in the instant that the task was taken away, or in a page that was open. So
 * the answer is collected as any other. A datapoint that another cycle asks meanwhile is left to that. Key: `selected_in_cycle`.
 */
export async function takeUpAnswered(
  { engine, board }: Pick<ActivityDeps, 'engine' | 'board'>,
  { datasourceId, projectId, cycle }: { datasourceId: string; projectId: number; cycle: number },
  signal: AbortSignal,
): Promise<void> {
  const { selectedInCycle, selectedAs, askedBefore: before } = fields;
  const paths: string[] = [];
  for await (const tasks of board.listReviewedTasks(projectId, signal, { answered: true }))
    for (const { key, annotations } of tasks)
      if (annotations.some(({ wasCancelled }) => !wasCancelled)) paths.push(key);
  for (let start = 0; start < paths.length; start += pathsAtOnce) {
    const where = anyOf(
      ...paths.slice(start, start + pathsAtOnce).map((path) => equals('path', path, 'STRING')),
    );
    const entries: MetadataEntry[] = [];
    const pages = engine.queryDatapoints({ datasourceId, where, select: [...takenBackFields] }, signal);
    for await (const { datapoints } of pages)
      for (const { path, fields: row } of datapoints) {
        const question = askedBefore(row[before.name]).find((one) => one.cycle === cycle);
        if (row[selectedInCycle.name] !== backInPool || !question) continue;
        entries.push(
          { path, key: selectedAs.name, valueType: selectedAs.valueType, value: question.purpose },
          { path, key: selectedInCycle.name, valueType: selectedInCycle.valueType, value: cycle },
        );
      }
    if (entries.length > 0) await engine.updateMetadata({ datasourceId, entries }, signal);
  }
}
