import { askedBefore } from '../core/asked-before.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { backInPool, fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { datapointsAt } from './datapoints-at.ts';
import { takenBackFields } from './take-back.ts';

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
  for await (const page of datapointsAt(engine, { datasourceId, paths, select: takenBackFields }, signal)) {
    const entries = page.flatMap(({ path, fields: row }): MetadataEntry[] => {
      const question = askedBefore(row[before.name]).find((one) => one.cycle === cycle);
      if (row[selectedInCycle.name] !== backInPool || !question) return [];
      return [
        { path, key: selectedAs.name, valueType: selectedAs.valueType, value: question.purpose },
        { path, key: selectedInCycle.name, valueType: selectedInCycle.valueType, value: cycle },
      ];
    });
    if (entries.length > 0) await engine.updateMetadata({ datasourceId, entries }, signal);
  }
}
