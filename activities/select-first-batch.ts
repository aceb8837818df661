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
    const { selectedAs, selectedInCycle } = fields;
    const lowest = new LowestKeys(wanted);
    const offer = (key: string) => lowest.offer({ key, rank: hashUnit(`${seed}/${purpose}`, key), tie: 0 });

    const marked = new Set<string>();
    const isMarked = allOf(
      inSplit(split),
      equals(selectedAs.name, purpose, selectedAs.valueType),
      equals(selectedInCycle.name, 0, selectedInCycle.valueType),
    );
    for await (const paths of listPaths(engine, datasourceId, isMarked, cancellationSignal()))
      for (const path of paths) {
        marked.add(path);
        offer(path);
      }
    if (marked.size >= wanted) return marked.size;

    const free = isNull(selectedInCycle.name, selectedInCycle.valueType);
    const drawable =
      purpose === 'first' ? allOf(inSplit(split), free, unlabelled) : allOf(inSplit(split), free);
    for await (const paths of listPaths(engine, datasourceId, drawable, cancellationSignal())) {
      paths.forEach(offer);
      heartbeat(purpose);
    }
    // Marked datapoints are drawn again beside the rest, so that every attempt gives every datapoint the same rank.
    const chosen = lowest
      .sorted()
      .map(({ key }, rank) => ({ key, purpose, rank }))
      .filter(({ key }) => !marked.has(key))
      .slice(0, wanted - marked.size);
    await markBatch(engine, { datasourceId, cycle: 0, chosen }, cancellationSignal());
    return marked.size + chosen.length;
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
