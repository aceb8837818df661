import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { isNull } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { splitOf, type SplitRatios } from '../core/splits.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface AssignSplitsInput {
  readonly datasourceId: string;
  readonly ratios: SplitRatios;
  readonly seed: number;
}

export function assignSplitsActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /** Step 2: gives every datapoint without `split` one, by a keyed hash of its path. Existing values are never changed. */
    async assignSplits({ datasourceId, ratios, seed }: AssignSplitsInput): Promise<{ assigned: number }> {
      const signal = cancellationSignal();
      const pages = engine.queryDatapoints(
        {
          datasourceId,
          where: isNull(fields.split.name, fields.split.valueType),
          select: [fields.split.name],
        },
        signal,
      );
      let assigned = 0;
      for await (const { datapoints } of pages) {
        const entries = datapoints.map(({ path }) => ({
          path,
          key: fields.split.name,
          valueType: fields.split.valueType,
          value: splitOf(path, ratios, seed),
        }));
        await engine.updateMetadata({ datasourceId, entries }, signal);
        assigned += entries.length;
        heartbeat({ assigned });
      }
      return { assigned };
    },
  };
}
