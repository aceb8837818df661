import type { Client } from '@temporalio/client';
import { searchAttributeKeys } from './search-attribute-keys.ts';

export interface ListedLoop {
  readonly workflowId: string;
  /** Temporal's word: `RUNNING`, `COMPLETED`, `FAILED`, … */
  readonly state: string;
  readonly phase: string | null;
  readonly cycle: number | null;
  readonly bestMetric: number | null;
  readonly startedAt: string;
}

/** The newest run of every loop in the namespace, newest first, from Temporal's visibility store. */
export async function listLoops(client: Client, limit = 100): Promise<ListedLoop[]> {
  const loops = new Map<string, ListedLoop>();
  const query = `WorkflowType = 'activeLearningLoop' AND ExecutionStatus != 'ContinuedAsNew'`;
  for await (const run of client.workflow.list({ query })) {
    if (loops.has(run.workflowId)) continue;
    const known = run.typedSearchAttributes;
    loops.set(run.workflowId, {
      workflowId: run.workflowId,
      state: run.status.name,
      phase: known.get(searchAttributeKeys.phase) ?? null,
      cycle: known.get(searchAttributeKeys.cycle) ?? null,
      bestMetric: known.get(searchAttributeKeys.bestMetric) ?? null,
      startedAt: run.startTime.toISOString(),
    });
    if (loops.size >= limit) break;
  }
  return [...loops.values()];
}
