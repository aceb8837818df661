import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { allOf, anyOf, equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { BatchSelector, type SelectionRule } from '../core/selection/batch-selector.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { markBatch } from './mark-batch.ts';
import { inPool, noHoldOutCopy } from './pool.ts';

export interface SelectBatchInput {
  readonly datasourceId: string;
  readonly cycle: number;
  readonly runId: string;
  readonly seed: number;
  readonly rule: SelectionRule;
}

export interface SelectBatchResult {
  /** Datapoints marked for this cycle, those of earlier attempts included. */
  readonly selected: number;
  /** Scored datapoints there were to choose from. */
  readonly pool: number;
}

export function selectBatchActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 8: chooses the cycle's batch from the pool's rows that this run scored, and marks it in the Data Engine. Key:
     * `selected_in_cycle`; what an earlier attempt marked stays and counts, and the rest is filled up in the same order.
     * Memory is bounded by the batch. An empty pool is an answer: nothing selected.
     */
    async selectBatch({
      datasourceId,
      cycle,
      runId,
      seed,
      rule,
    }: SelectBatchInput): Promise<SelectBatchResult> {
      const signal = cancellationSignal();
      const { predRun, predScore, predBoxes, selectedInCycle } = fields;
      const markedInCycle = equals(selectedInCycle.name, cycle, selectedInCycle.valueType);
      const scored = engine.queryDatapoints(
        {
          datasourceId,
          where: allOf(
            equals(predRun.name, runId, predRun.valueType),
            anyOf(allOf(inPool, noHoldOutCopy), markedInCycle),
          ),
          select: [predScore.name, predBoxes.name, selectedInCycle.name],
          pageSize: 5000,
        },
        signal,
      );
      const selector = new BatchSelector(rule, `${seed}/${cycle}`);
      const marked = new Set<string>();
      let pool = 0;
      for await (const { datapoints } of scored) {
        for (const { path, fields: row } of datapoints) {
          if (row[predBoxes.name] === 0) selector.offerEmpty(path);
          else selector.offer(path, Number(row[predScore.name]));
          if (row[selectedInCycle.name] === cycle) marked.add(path);
        }
        pool += datapoints.length;
        heartbeat({ pool });
      }
      const chosen = selector.choose().filter(({ key }) => !marked.has(key));
      const missing = chosen.slice(0, Math.max(rule.maxImages - marked.size, 0));
      await markBatch(engine, { datasourceId, cycle, chosen: missing }, signal);
      return { selected: marked.size + missing.length, pool };
    },
  };
}
