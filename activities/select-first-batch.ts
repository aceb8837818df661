import { cancellationSignal, heartbeat } from '@temporalio/activity';
import {
  allOf,
  anyOf,
  equals,
  isNotNull,
  isNull,
  type Datapoint,
  type FilterNode,
} from '../core/datapoints.ts';
import { fields, type Purpose, type Split } from '../core/fields.ts';
import { hashUnit } from '../core/hash.ts';
import { LowestKeys } from '../core/selection/lowest-keys.ts';
import { proportionalCounts } from '../core/selection/proportional-counts.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { markHoldOutCopies, storeThumbnails } from './guard-hold-out.ts';
import { listPaths, markBatch } from './mark-batch.ts';
import { isFree, noHoldOutCopy, notExcluded } from './pool.ts';

export interface SelectFirstBatchInput {
  readonly datasourceId: string;
  readonly rootUrl: string;
  readonly seed: number;
  readonly holdOutImages: number;
  /** A metadata field: the hold-out is drawn from its values in proportion. */
  readonly stratifyHoldOut?: string;
  readonly validationImages: number;
  readonly firstImages: number;
}

/** Datapoints by what they are for, those of earlier attempts included. */
export interface FirstBatch {
  readonly holdOut: number;
  readonly validation: number;
  readonly first: number;
}

export function selectFirstBatchActivity(deps: Pick<ActivityDeps, 'engine' | 'runner'>) {
  const { engine } = deps;
  return {
    /**
     * Cycle 0: draws the hold-out from `test`, the validation set from `valid` and the first batch from the unlabelled part of `train`,
     * each by a keyed hash, so at random and repeatably; a stratified hold-out takes of each stratum its part. What is marked already stays marked and counts. Images that are annotated
     * already may be hold-out or validation, and count towards the first batch. What is a near copy of an image of the hold-out gets `near_hold_out`:
     * annotated ones are not learnt from, and others are passed over.
     */
    async selectFirstBatch(input: SelectFirstBatchInput): Promise<FirstBatch> {
      const holdOut = await draw(input, 'hold-out', 'test', input.holdOutImages);
      const validation = await draw(input, 'validation', 'valid', input.validationImages);
      const datasource = { id: input.datasourceId, rootUrl: input.rootUrl };
      await storeThumbnails(deps, datasource, markedAs('hold-out', 'test'));
      let labelled = 0;
      const labelledTrain = allOf(inSplit('train'), annotated);
      for await (const paths of listPaths(engine, datasource.id, labelledTrain, cancellationSignal()))
        labelled += paths.length - (await markHoldOutCopies(deps, datasource, paths)).size;
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
    const isMarked = markedAs(purpose, split);
    const isDrawable = allOf(
      inSplit(split),
      isFree,
      notExcluded,
      ...(purpose === 'first' ? [unlabelled, noHoldOutCopy] : []),
    );
    const marked = new Set<string>();
    for await (const paths of listPaths(engine, datasourceId, isMarked, cancellationSignal()))
      for (const path of paths) marked.add(path);
    if (marked.size >= wanted) return marked.size;

    // Marked datapoints are drawn again beside the rest, so that every attempt gives every datapoint the same rank.
    const drawable = anyOf(isMarked, isDrawable);
    const field = purpose === 'hold-out' ? input.stratifyHoldOut : undefined;
    const draws = new Map<string, LowestKeys>();
    // Of the first batch twice as many: near copies of the hold-out are passed over.
    if (field === undefined) draws.set('', new LowestKeys(purpose === 'first' ? 2 * wanted : wanted));
    else
      for (const [stratum, images] of await strataCounts(input, field, drawable, wanted))
        draws.set(stratum, new LowestKeys(images));
    for await (const datapoints of listed(datasourceId, drawable, field)) {
      for (const { path: key, fields: row } of datapoints)
        draws
          .get(field === undefined ? '' : String(row[field] ?? ''))
          ?.offer({ key, rank: hashUnit(`${seed}/${purpose}`, key), tie: 0 });
      heartbeat(purpose);
    }
    const inOrder = [...draws.values()]
      .flatMap((lowest) => lowest.sorted())
      .sort((one, other) => one.rank - other.rank)
      .map(({ key }) => key);
    const datasource = { id: datasourceId, rootUrl: input.rootUrl };
    const copies = purpose === 'first' ? await markHoldOutCopies(deps, datasource, inOrder) : noPaths;
    const chosen = inOrder
      .filter((key) => !copies.has(key))
      .map((key, rank) => ({ key, purpose, rank }))
      .filter(({ key }) => !marked.has(key))
      .slice(0, wanted - marked.size);
    await markBatch(engine, { datasourceId, cycle: 0, chosen }, cancellationSignal());
    return marked.size + chosen.length;
  }

  /** How many images each value of a field gives; images without the value are a stratum too. */
  async function strataCounts(
    { datasourceId, seed }: SelectFirstBatchInput,
    field: string,
    where: FilterNode,
    wanted: number,
  ): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for await (const datapoints of listed(datasourceId, where, field)) {
      for (const { fields: row } of datapoints) {
        const stratum = String(row[field] ?? '');
        sizes.set(stratum, (sizes.get(stratum) ?? 0) + 1);
      }
      heartbeat('strata');
    }
    const place = ([stratum]: [string, number]) => hashUnit(`${seed}/strata`, stratum);
    const inOrder = new Map([...sizes].sort((one, other) => place(one) - place(other)));
    return proportionalCounts(inOrder, wanted, hashUnit(`${seed}/strata`, 'start'));
  }

  async function* listed(
    datasourceId: string,
    where: FilterNode,
    field = fields.split.name as string,
  ): AsyncGenerator<readonly Datapoint[]> {
    const query = { datasourceId, where, select: [field], pageSize: 5000 };
    for await (const { datapoints } of engine.queryDatapoints(query, cancellationSignal())) yield datapoints;
  }
}

const annotated = isNotNull(fields.annotation.name, fields.annotation.valueType);
const unlabelled = isNull(fields.annotation.name, fields.annotation.valueType);

const noPaths: ReadonlySet<string> = new Set();

/** What an earlier attempt marked, too. */
function markedAs(purpose: Purpose, split: Split): FilterNode {
  const { selectedAs, selectedInCycle } = fields;
  return allOf(
    inSplit(split),
    equals(selectedAs.name, purpose, selectedAs.valueType),
    equals(selectedInCycle.name, 0, selectedInCycle.valueType),
  );
}

function inSplit(split: Split): FilterNode {
  return equals(fields.split.name, split, fields.split.valueType);
}
