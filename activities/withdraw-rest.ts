import { heartbeat } from '@temporalio/activity';
import { allOf, anyOf, equals, type Datapoint } from '../core/datapoints.ts';
import { fields, isOfPool, purposes } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import { withdrawnTitle } from '../core/review-title.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { recordWithdrawn } from './record-withdrawn.ts';
import { takeBack, takenBackFields } from './take-back.ts';

/** Tasks looked at, taken away and noted in one go. */
const tasksAtOnce = 200;

type Deps = Pick<ActivityDeps, 'engine' | 'board' | 'workDir'>;

interface Review {
  readonly loop: string;
  readonly datasourceId: string;
  readonly projectId: number;
  readonly cycle: number;
  /** Kept with the datapoint. */
  readonly why: string;
}

/**
 * Takes the tasks that nobody answered out of a cycle's review of training images, and gives their datapoints back to the pool. An answer that is
 * quicker stays, with its task; one that comes later is taken up by the next collection. Whatever an attempt that died took away has no task in the
 * review any more, which is how the next one knows.
 *
 * @returns How many were withdrawn.
 */
export async function withdrawRest(deps: Deps, review: Review, signal: AbortSignal): Promise<number> {
  const rows = await askedRows(deps.engine, review, signal);
  return withdrawInOrder(deps, review, rows.filter(isUnanswered), Infinity, signal);
}

/**
 * As {@link withdrawRest}, until the cycle asks `images` in all or every other has an answer: of each purpose its part, the highest
 * ranks first.
 */
export async function withdrawDownTo(
  deps: Deps,
  review: Review,
  images: number,
  signal: AbortSignal,
): Promise<{ withdrawn: number; left: number }> {
  const rows = await askedRows(deps.engine, review, signal);
  const over = Math.max(rows.length - images, 0);
  const withdrawn = await withdrawInOrder(deps, review, lastFirst(rows).filter(isUnanswered), over, signal);
  return { withdrawn, left: rows.length - withdrawn };
}

async function withdrawInOrder(
  deps: Deps,
  { loop, datasourceId, projectId, cycle, why }: Review,
  rows: readonly Datapoint[],
  most: number,
  signal: AbortSignal,
): Promise<number> {
  const shelf = withdrawnTitle(loop, cycle);
  let withdrawn = 0;
  let next = 0;
  while (withdrawn < most && next < rows.length) {
    const chunk = rows.slice(next, next + Math.min(most - withdrawn, tasksAtOnce));
    next += chunk.length;
    const keys = chunk.map(({ path }) => path);
    const gone = new Set(await keepAlive(deps.board.withdrawTasks({ projectId, keys, shelf }, signal)));
    const taken = chunk.filter(({ path }) => gone.has(path));
    await recordWithdrawn(deps, { datasourceId, projectId, rows: taken, why }, signal);
    await takeBack(deps.engine, { datasourceId, rows: taken, ended: 'withdrawn', why }, signal);
    withdrawn += taken.length;
    heartbeat({ withdrawn });
  }
  return withdrawn;
}

/** What a cycle asks of the pool; hold-out and validation were drawn at random, and stay as they were drawn. */
async function askedRows(
  engine: DataEngine,
  { datasourceId, cycle }: Review,
  signal: AbortSignal,
): Promise<Datapoint[]> {
  const { selectedInCycle, selectedAs, selectedRank, annotation } = fields;
  const rows: Datapoint[] = [];
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where: allOf(
        equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
        anyOf(...poolPurposes.map((one) => equals(selectedAs.name, one, selectedAs.valueType))),
      ),
      select: [...takenBackFields, selectedRank.name, annotation.name],
    },
    signal,
  );
  for await (const { datapoints } of pages) rows.push(...datapoints);
  return rows;
}

/** As far as it was collected. */
function isUnanswered({ fields: row }: Datapoint): boolean {
  return row[fields.annotation.name] === undefined;
}

const poolPurposes = purposes.filter(isOfPool);

/** So that any beginning of it takes about the same part of each purpose, and the only one of its kind is not the first to go. */
function lastFirst(rows: readonly Datapoint[]): Datapoint[] {
  const { selectedAs, selectedRank } = fields;
  const placed = poolPurposes.flatMap((purpose) => {
    const same = rows.filter(({ fields: row }) => row[selectedAs.name] === purpose);
    return same
      .sort((a, b) => Number(a.fields[selectedRank.name]) - Number(b.fields[selectedRank.name]))
      .map((row, index) => ({ row, place: (index + 0.5) / same.length }));
  });
  return placed.sort((a, b) => b.place - a.place || (a.row.path < b.row.path ? -1 : 1)).map(({ row }) => row);
}
