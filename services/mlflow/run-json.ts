import { z } from 'zod';
import type { RunRef } from '../../core/ports.ts';

const tagSchema = z.object({ key: z.string(), value: z.string().default('') });
const noData = { tags: [], params: [], metrics: [] };

/** A run as MLflow answers it; empty lists are left out of its answers. */
export const runSchema = z
  .object({
    info: z.looseObject({
      run_id: z.string(),
      experiment_id: z.string(),
      artifact_uri: z.string(),
      status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']),
      start_time: z.coerce.number().default(0),
    }),
    data: z
      .looseObject({
        tags: z.array(tagSchema).default([]),
        params: z.array(z.unknown()).default([]),
        metrics: z.array(z.unknown()).default([]),
      })
      .default(noData),
  })
  .transform(({ info, data }) => ({
    startTimeMs: info.start_time,
    /** Something was logged into it. */
    isUsed: data.params.length + data.metrics.length > 0,
    run: {
      runId: info.run_id,
      experimentId: info.experiment_id,
      artifactUri: info.artifact_uri,
      status: info.status,
      tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    } satisfies RunRef,
  }));

/** The answer of `runs/search`. */
export const runsSchema = z.looseObject({
  runs: z.array(runSchema).default([]),
  next_page_token: z.string().optional(),
});

export type StoredRun = z.output<typeof runSchema>;

/** Of runs with one key the one to keep comes first: with something logged, then the earliest start, then the lowest id. */
export function inOrderOfKeeping(a: StoredRun, b: StoredRun): number {
  return (
    Number(b.isUsed) - Number(a.isUsed) ||
    a.startTimeMs - b.startTimeMs ||
    (a.run.runId < b.run.runId ? -1 : 1)
  );
}
