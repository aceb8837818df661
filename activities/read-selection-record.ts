import { DomainError } from '../core/errors.ts';
import type { RunRef } from '../core/ports.ts';
import {
  selectionRecordPath,
  selectionRecordSchema,
  type SelectionRecord,
} from '../core/selection/selection-record.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { readArtifact } from './read-artifact.ts';

/** How a cycle's batch came about, from its MLflow run. @throws DomainError when the run has no record, or it is broken. */
export async function readSelectionRecord(
  deps: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  run: RunRef,
  signal: AbortSignal,
): Promise<SelectionRecord> {
  const bytes = await readArtifact(deps, { run, path: selectionRecordPath }, signal);
  return parsed(new TextDecoder().decode(bytes), `${selectionRecordPath} of MLflow run ${run.runId}`);
}

function parsed(text: string, name: string): SelectionRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError(`${name} is no JSON: ${(error as Error).message}.`, { cause: error });
  }
  const record = selectionRecordSchema.safeParse(value);
  if (record.success) return record.data;
  const [issue] = record.error.issues;
  throw new DomainError(`${name} is broken at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
}
