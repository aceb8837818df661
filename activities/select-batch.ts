import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { selectionRecordPath, type SelectionRecord } from '../core/selection/selection-record.ts';
import { skippedOnce } from './ask-again.ts';
import { chooseBatch } from './choose-batch.ts';
import type { ChooseBatchInput, ChooseDeps } from './choose-batch-input.ts';
import { keepAlive } from './keep-alive.ts';
import { markBatch } from './mark-batch.ts';
import { noteAnswered } from './note-answered.ts';

export interface SelectBatchInput extends Omit<ChooseBatchInput, 'asOf'> {
  /** MLflow run of the cycle, which keeps the record; the model may be of another. */
  readonly cycleRunId: string;
  /** Images that were skipped once come first. */
  readonly askAgain?: boolean | undefined;
}

export interface SelectBatchResult {
  /** Datapoints marked for this cycle, those of earlier attempts included. */
  readonly selected: number;
  /** Scored datapoints there were to choose from. */
  readonly pool: number;
  /** Those of the selected that somebody else has answered; absent for none. */
  readonly secondOpinions?: number;
}

export function selectBatchActivity(deps: ChooseDeps) {
  return {
    /**
     * Step 8: chooses the cycle's batch from the pool's rows that this run scored, marks it in the Data Engine, and stores how it came
     * about ({@link SelectionRecord}). Key: `selected_in_cycle`; what an earlier attempt marked stays and counts, and the rest is filled
     * up in the same order: a bigger `maxImages` lets a batch grow. An empty pool is an answer: nothing selected.
     */
    async selectBatch({
      cycleRunId,
      askAgain = false,
      ...given
    }: SelectBatchInput): Promise<SelectBatchResult> {
      const { engine, tracker } = deps;
      const signal = cancellationSignal();
      const { datasourceId, cycle, runId, seed, scheme } = given;
      const { maxImages } = given.rule;
      const skipped = askAgain ? await skippedOnce(engine, given, signal) : { marked: [], waiting: [] };
      const again = [...skipped.marked, ...skipped.waiting].slice(0, maxImages);
      const rule = { ...given.rule, maxImages: maxImages - again.length };
      const input = { ...given, rule };
      const marked = new Set<string>(again);
      const choice = await keepAlive(
        chooseBatch(deps, input, {
          signal,
          onRows: (rows) => heartbeat({ rows }),
          onMarked: (path) => marked.add(path),
        }),
      );
      const missing = choice.chosen
        .filter(({ path }) => !marked.has(path))
        .slice(0, Math.max(maxImages - marked.size, 0))
        .map(({ path: key, purpose, rank, cluster }) => ({ key, purpose, rank, cluster }));
      const anew = again
        .filter((key) => !skipped.marked.includes(key))
        .map((key, rank) => ({ key, purpose: 'again' as const, rank }));
      const asked = new Set([...marked, ...missing.map(({ key }) => key)]);
      const second = choice.chosen.filter(
        ({ path, purpose }) => purpose === 'second-opinion' && asked.has(path),
      );
      await noteAnswered(engine, { datasourceId, cycle, chosen: second }, signal);
      await markBatch(engine, { datasourceId, cycle, chosen: [...anew, ...missing] }, signal);
      const record: SelectionRecord = {
        version: 1,
        datasourceId,
        cycle,
        runId,
        // What is marked counts as in the pool, so any second from now until the next inference or answer will do.
        asOf: Math.floor(Date.now() / 1000),
        seed,
        rule: structuredClone(rule) as SelectionRecord['rule'],
        ...(scheme && { scheme: { ...scheme, classes: [...scheme.classes] } }),
        ...choice,
      };
      const bytes = new TextEncoder().encode(`${JSON.stringify(record, null, 1)}\n`);
      const run = await tracker.getRun(cycleRunId, signal);
      await tracker.putArtifact({ run, path: selectionRecordPath, bytes }, signal);
      return {
        selected: asked.size,
        pool: choice.pool,
        ...(second.length > 0 && { secondOpinions: second.length }),
      };
    },
  };
}
