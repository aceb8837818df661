import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { allOf, equals, isNotNull, isNull, type FilterNode } from '../core/datapoints.ts';
import { fields, type Purpose, type Split } from '../core/fields.ts';
import { hashUnit } from '../core/hash.ts';
import { LowestKeys } from '../core/selection/lowest-keys.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { listPaths, markBatch } from './mark-batch.ts';

export interface SelectFirstBatchInput {
  readonly datasourceId: string;
  readonly seed: number;
  readonly holdOutImages: number;
  readonly validationImages: number;
  readonly firstImages: number;
}

/** Datapoints by what they are for, those of earlier attempts included. */
export interface FirstBatch {
  readonly holdOut: number;
  readonly validation: number;
  readonly first: number;
}

export function selectFirstBatchActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Cycle 0: draws the hold-out from `test`, the validation set from `valid` and the first batch from the unlabelled part of `train`,
     * each by a keyed hash, so at random and repeatably. What is marked already stays marked and counts. Images that are annotated
     * already may be hold-out or validation, and count towards the first batch.
     */
    async selectFirstBatch(input: SelectFirstBatchInput): Promise<FirstBatch> {
      const holdOut = await draw(input, 'hold-out', 'test', input.holdOutImages);
      const validation = await draw(input, 'validation', 'valid', input.validationImages);
      const labelled = await count(input.datasourceId, allOf(inSplit('train'), annotated));
      const first = await draw(input, 'first', 'train', Math.max(input.firstImages - labelled, 0));
      return { holdOut, validation, first };
    },
  };

  async function draw(
    input: SelectFirstBatchInput,
    purpose: Purpose,
    split: Split,
    wanted: number,
  ): Promise<number> {
    const { datasourceId, seed } = input;
    const marked = await count(
      datasourceId,
      allOf(inSplit(split), equals(fields.selectedAs.name, purpose, fields.selectedAs.valueType)),
    );
    const missing = Math.max(wanted - marked, 0);
    const lowest = new LowestKeys(missing);
    const free = isNull(fields.selectedInCycle.name, fields.selectedInCycle.valueType);
    const drawable =
      purpose === 'first' ? allOf(inSplit(split), free, unlabelled) : allOf(inSplit(split), free);
    if (missing > 0)
      for await (const paths of listPaths(engine, datasourceId, drawable, cancellationSignal())) {
        for (const key of paths) lowest.offer({ key, rank: hashUnit(`${seed}/${purpose}`, key), tie: 0 });
        heartbeat(purpose);
      }
    const chosen = lowest.sorted().map(({ key }, index) => ({ key, purpose, rank: marked + index }));
    await markBatch(engine, { datasourceId, cycle: 0, chosen }, cancellationSignal());
    return marked + chosen.length;
  }

  async function count(datasourceId: string, where: FilterNode): Promise<number> {
    let total = 0;
    for await (const paths of listPaths(engine, datasourceId, where, cancellationSignal()))
      total += paths.length;
    return total;
  }
}

const annotated = isNotNull(fields.annotation.name, fields.annotation.valueType);
const unlabelled = isNull(fields.annotation.name, fields.annotation.valueType);

function inSplit(split: Split): FilterNode {
  return equals(fields.split.name, split, fields.split.valueType);
}
