import { answersOf } from '../core/answers/answers.ts';
import { allOf, equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { lookedBefore } from '../core/opinions/looked-before.ts';
import type { ReviewTask } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { mapBounded } from './map-bounded.ts';
import type { OpenReviewInput } from './open-review.ts';
import { isLabelled } from './labelled-datapoints.ts';
import { notExcluded } from './pool.ts';
import { readLedger } from './read-ledger.ts';

/**
 * The tasks of labelled datapoints that a cycle asks of one person more than have looked at them, in their order; none where the review is of other
 * purposes. Label Studio gives a task to nobody twice. They come without a suggestion.
 */
export async function secondOpinionTasks(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  { datasource, cycle, purposes, scheme }: OpenReviewInput,
  signal: AbortSignal,
): Promise<ReviewTask[]> {
  const tasks: ReviewTask[] = [];
  if (!purposes.includes('second-opinion')) return tasks;
  const { selectedInCycle, selectedAs, selectedRank, ledger } = fields;
  const pages = deps.engine.queryDatapoints(
    {
      datasourceId: datasource.id,
      where: isLabelled(
        allOf(
          equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
          equals(selectedAs.name, 'second-opinion', selectedAs.valueType),
          notExcluded,
        ),
      ),
      select: [selectedRank.name, ledger.name],
      orderBy: [{ field: selectedRank.name, order: 'ASC' }],
    },
    signal,
  );
  const answers = answersOf(scheme);
  for await (const { datapoints } of pages)
    tasks.push(
      ...(await keepAlive(
        mapBounded(datapoints, 8, async ({ path, fields: row }) => {
          const known = await readLedger(deps, path, row[ledger.name], signal);
          const people = lookedBefore(known, cycle, answers).people.size + 1;
          const imageUrl = deps.engine.downloadUrl({ rootUrl: datasource.rootUrl, path });
          return { key: path, imageUrl, people };
        }),
      )),
    );
  return tasks;
}
