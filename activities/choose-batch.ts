import { allOf, anyOf, equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';
import { excludedFields, exclusion, needsVectors } from '../core/selection/batch-rule.ts';
import { BatchSelector, type StreamRule } from '../core/selection/batch-selector.ts';
import type { BatchChoice } from '../core/selection/selection-record.ts';
import { selectionSeed, type ChooseBatchInput, type ChooseDeps, type Reading } from './choose-batch-input.ts';
import { chooseByVectors } from './choose-by-vectors.ts';
import { inPool, noHoldOutCopy, wasSkipped } from './pool.ts';

/**
 * The batch of a cycle. What is marked for the cycle counts as being in the pool still, so that any later attempt, and any later year, chooses
 * the same from the same. Without feature vectors memory is bounded by the batch.
 */
export async function chooseBatch(
  deps: ChooseDeps,
  input: ChooseBatchInput,
  reading: Reading,
): Promise<BatchChoice> {
  const { strategy } = input.rule;
  const isStream = !needsVectors(input.rule) && (strategy === 'top-k' || strategy === 'random');
  return isStream
    ? chooseFromStream(deps.engine, { ...input, rule: { ...input.rule, strategy } }, reading)
    : chooseByVectors(deps, input, reading);
}

async function chooseFromStream(
  engine: DataEngine,
  input: ChooseBatchInput & { readonly rule: StreamRule },
  { signal, onRows, onMarked }: Reading,
): Promise<BatchChoice> {
  const { datasourceId, cycle, runId, rule, asOf } = input;
  const { predRun, predScore, predBoxes, selectedInCycle } = fields;
  const markedInCycle = equals(selectedInCycle.name, cycle, selectedInCycle.valueType);
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where: allOf(
        equals(predRun.name, runId, predRun.valueType),
        anyOf(allOf(inPool, noHoldOutCopy), markedInCycle),
      ),
      select: [
        predScore.name,
        predBoxes.name,
        selectedInCycle.name,
        fields.askedBefore.name,
        ...excludedFields(input.rule.exclude ?? []),
      ],
      pageSize: 5000,
      ...(asOf !== undefined && { asOf }),
    },
    signal,
  );
  const selector = new BatchSelector(rule, selectionSeed(input));
  const isExcluded = exclusion(input.rule.exclude ?? []);
  let pool = 0;
  for await (const { datapoints } of pages) {
    for (const datapoint of datapoints) {
      const { path, fields: row } = datapoint;
      if (row[selectedInCycle.name] === cycle) onMarked(path);
      if (isExcluded(path, row) || wasSkipped(datapoint)) continue;
      if (row[predBoxes.name] === 0) selector.offerEmpty(path);
      else selector.offer(path, Number(row[predScore.name]));
      pool += 1;
    }
    onRows(pool);
  }
  const plain = { class: null, nearest: null };
  return {
    strategy: rule.strategy,
    coldStart: false,
    pool,
    centres: null,
    labelled: null,
    embedding: null,
    chosen: selector
      .choose()
      .map(({ key, purpose, score, rank }) => ({ path: key, rank, purpose, predScore: score, ...plain })),
    passedOver: selector
      .passedOver()
      .map(({ key, score }) => ({ path: key, predScore: score, why: 'full', ...plain })),
    quarantined: { count: 0, first: [] },
  };
}
