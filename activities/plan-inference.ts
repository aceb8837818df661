import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { inPool, inTrain } from './pool.ts';

export interface PlanInferenceInput {
  readonly datasourceId: string;
  readonly shardImages: number;
  /** Feature vectors are wanted, of what is labelled or asked as well. */
  readonly embed?: boolean;
}

/** A part of the pool: `images` datapoints from the cursor on. */
export interface Shard {
  /** Null: from the beginning. */
  readonly after: string | null;
  readonly images: number;
}

/** The workflow holds one reference a shard; more would fill its history. */
const maxShards = 1000;

export function planInferenceActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 5: cuts the pool, or with feature vectors the whole of `train`, into shards, by cursor. Read only; an empty pool gives none.
     *
     * @throws {@link DomainError} for more than 1,000 shards, with the size that fits: final.
     */
    async planInference({
      datasourceId,
      shardImages,
      embed = false,
    }: PlanInferenceInput): Promise<readonly Shard[]> {
      const signal = cancellationSignal();
      const shards: Shard[] = [];
      let after: string | null = null;
      const pages = engine.queryDatapoints(
        { datasourceId, where: embed ? inTrain : inPool, select: [fields.split.name], pageSize: shardImages },
        signal,
      );
      for await (const { datapoints, endCursor } of pages) {
        if (datapoints.length > 0) shards.push({ after, images: datapoints.length });
        after = endCursor;
        heartbeat({ shards: shards.length });
      }
      if (shards.length > maxShards)
        throw new DomainError(
          `The pool needs ${shards.length} shards of ${shardImages} images; at most ${maxShards} fit. Set inference.shardImages to ${Math.ceil((shards.length * shardImages) / maxShards)} or more.`,
        );
      return shards;
    },
  };
}
