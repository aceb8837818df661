import { z } from 'zod';
import type { Datasource } from '../../core/datapoints.ts';

/** A datasource as the API answers it. */
export const datasourceSchema = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  name: z.string(),
  rootUrl: z.string(),
  preprocessingStatus: z.enum(['READY', 'IN_PROGRESS', 'AUTO_SCAN_IN_PROGRESS', 'FAILED']),
});

export function toDatasource(
  answer: z.output<typeof datasourceSchema>,
  failedScans: Readonly<Record<string, string>>,
): Datasource {
  const { id, name, rootUrl, preprocessingStatus: status } = answer;
  const statusReason = status === 'FAILED' ? failedScans[id] : undefined;
  return { id, name, rootUrl, status, ...(statusReason !== undefined && { statusReason }) };
}
