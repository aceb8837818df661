import type { LabelScheme } from '../core/answers/answers.ts';
import type { BatchRule } from '../core/selection/batch-rule.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface ChooseBatchInput {
  readonly datasourceId: string;
  readonly cycle: number;
  /** MLflow run whose model scored the pool. */
  readonly runId: string;
  readonly seed: number;
  readonly rule: BatchRule;
  /** Needed where feature vectors are compared; the labelling config where answers are read. */
  readonly scheme?: LabelScheme | undefined;
  /** Seconds since 1970, to choose again from what the Data Engine held then. Absent: now. */
  readonly asOf?: number;
}

/** Told of the rows that were read so far. */
export interface Reading {
  readonly signal: AbortSignal;
  readonly onRows: (rows: number) => void;
  /** Told of each row that is marked for the cycle already. */
  readonly onMarked: (path: string) => void;
}

export type ChooseDeps = Pick<ActivityDeps, 'engine' | 'tracker' | 'chooser' | 'workDir'>;

/** Names a cycle's batch: another seed is another order of ties and draws. */
export function selectionSeed({ seed, cycle }: Pick<ChooseBatchInput, 'seed' | 'cycle'>): string {
  return `${seed}/${cycle}`;
}
