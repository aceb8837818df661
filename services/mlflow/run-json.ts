import { z } from 'zod';
import type { RunRef } from '../../core/ports.ts';

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
        tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
      })
      .default({ tags: [] }),
  })
  .transform(({ info, data }) => ({
    startTimeMs: info.start_time,
    run: {
      runId: info.run_id,
      experimentId: info.experiment_id,
      artifactUri: info.artifact_uri,
      status: info.status,
      tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    } satisfies RunRef,
  }));
