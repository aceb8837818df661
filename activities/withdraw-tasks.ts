import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Datapoint, MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { withdrawnTitle } from '../core/review-title.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { datapointsAt } from './datapoints-at.ts';
import { keepAlive } from './keep-alive.ts';
import { recordWithdrawn } from './record-withdrawn.ts';
import { takeBack, takenBackFields } from './take-back.ts';

export interface WithdrawTasksInput {
  readonly loop: string;
  readonly datasourceId: string;
  /** That of the loop now: what it has chosen may have no task yet. */
  readonly cycle: number;
  /** Where their tasks may be. */
  readonly reviews: readonly { readonly projectId: number; readonly cycle: number }[];
  /** Of datapoints, a hundred at most. */
  readonly paths: readonly string[];
  /** Who wants it, and why. */
  readonly why: string;
  /** They are never asked again. */
  readonly exclude?: boolean;
}

export interface WithdrawnTasks {
  /** Datapoints that are asked no more, and were. */
  readonly withdrawn: number;
  /** Datapoints that were not asked. */
  readonly idle: number;
  /** Paths with an answer, a skip or a draft: their tasks stay. */
  readonly kept: readonly string[];
  /** Paths without a datapoint. */
  readonly unknown: readonly string[];
}

export function withdrawTasksActivity(deps: Pick<ActivityDeps, 'engine' | 'board' | 'workDir'>) {
  const { engine, board } = deps;
  return {
    /**
     * Takes tasks that nobody has touched away from people; their datapoints are asked no more by this cycle, or with `exclude` by none. An
     * annotation that there is stays, and is learnt from. Keys: the task, `selected_in_cycle` and `excluded`; the counts of a repeated call may differ.
     */
    async withdrawTasks(input: WithdrawTasksInput): Promise<WithdrawnTasks> {
      const signal = cancellationSignal();
      const { datasourceId, paths, why } = input;
      const rows = await rowsOf(datasourceId, paths, signal);
      if (input.exclude) {
        const { name: key, valueType } = fields.excluded;
        const entries = rows.map(({ path }): MetadataEntry => ({ path, key, valueType, value: why }));
        await engine.updateMetadata({ datasourceId, entries }, signal);
      }
      const asked = rows.filter(({ fields: row }) => Number(row[fields.selectedInCycle.name] ?? -1) >= 0);
      const unanswered = asked.filter(({ fields: row }) => row[fields.annotation.name] === undefined);
      const held = new Set<string>();
      for (const { projectId, cycle } of input.reviews) {
        const keys = unanswered
          .filter(({ fields: row }) => row[fields.selectedInCycle.name] === cycle)
          .map(({ path }) => path);
        if (keys.length === 0) continue;
        const shelf = withdrawnTitle(input.loop, cycle);
        const gone = new Set(await keepAlive(board.withdrawTasks({ projectId, keys, shelf }, signal)));
        for (const key of keys) if (!gone.has(key)) held.add(key);
        const taken = unanswered.filter(({ path }) => gone.has(path));
        await recordWithdrawn(deps, { datasourceId, projectId, rows: taken, why }, signal);
        heartbeat({ projectId });
      }
      // In a review that was left behind nothing is open: what has no answer there was skipped.
      const openCycles = new Set([input.cycle, ...input.reviews.map(({ cycle }) => cycle)]);
      const taken = unanswered.filter(
        ({ path, fields: row }) =>
          !held.has(path) && openCycles.has(Number(row[fields.selectedInCycle.name])),
      );
      await takeBack(engine, { datasourceId, rows: taken, ended: 'withdrawn', why }, signal);
      const known = new Set(rows.map(({ path }) => path));
      const isTaken = new Set(taken.map(({ path }) => path));
      return {
        withdrawn: taken.length,
        idle: rows.length - asked.length,
        kept: asked.map(({ path }) => path).filter((path) => !isTaken.has(path)),
        unknown: paths.filter((path) => !known.has(path)),
      };
    },
  };

  async function rowsOf(
    datasourceId: string,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<Datapoint[]> {
    const rows: Datapoint[] = [];
    const select = [...takenBackFields, fields.annotation.name];
    for await (const page of datapointsAt(engine, { datasourceId, paths, select }, signal))
      rows.push(...page);
    return rows;
  }
}
