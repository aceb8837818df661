import { equals, isNotNull, type Datapoint } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { datasourceName, loopWorkflowId, type LoopSpec } from '../core/loop-spec.ts';
import type { BatchChoice, SelectionRecord } from '../core/selection/selection-record.ts';
import { batchChoiceSchema } from '../core/selection/selection-record.ts';
import { chooseBatch } from './choose-batch.ts';
import type { ChooseDeps } from './choose-batch-input.ts';
import { readSelectionRecord } from './read-selection-record.ts';
import { trainingRunKey } from './training-run-key.ts';

/** What a loop's selections left behind: read outside of the loop, by people who ask why. */
export class SelectionHistory {
  readonly #deps: ChooseDeps;
  readonly #spec: LoopSpec;

  constructor(deps: ChooseDeps, spec: LoopSpec) {
    this.#deps = deps;
    this.#spec = spec;
  }

  /** @throws DomainError when the cycle has no record, or it is broken. */
  async record(cycle: number, signal: AbortSignal): Promise<SelectionRecord> {
    const { tracker, workDir } = this.#deps;
    const { loop } = this.#spec;
    const experimentId = await tracker.ensureExperiment(loop, signal);
    const key = trainingRunKey({ workflowId: loopWorkflowId(this.#spec), cycle });
    const run = await tracker.findRun({ experimentId, key }, signal);
    if (!run) throw new DomainError(`The loop "${loop}" has no MLflow run of cycle ${cycle}.`);
    return readSelectionRecord({ tracker, workDir }, run, signal);
  }

  /** The batch of a record, chosen again from what its systems held then. */
  async again(record: SelectionRecord, signal: AbortSignal): Promise<BatchChoice> {
    const ignore = (): undefined => undefined;
    const choice = await chooseBatch(this.#deps, record, { signal, onRows: ignore, onMarked: ignore });
    // In the order that a record's keys have.
    return batchChoiceSchema.parse(choice);
  }

  /** An image of the loop with its metadata. @throws DomainError when there is none. */
  async image(path: string, signal: AbortSignal): Promise<Datapoint> {
    const query = { datasourceId: await this.#datasourceId(signal), where: equals('path', path, 'STRING') };
    for await (const { datapoints } of this.#deps.engine.queryDatapoints(query, signal))
      for (const datapoint of datapoints) return datapoint;
    throw new DomainError(`There is no image "${path}" in the datasource "${datasourceName(this.#spec)}".`);
  }

  /** The newest cycle that chose images; null when none did. */
  async newestCycle(signal: AbortSignal): Promise<number | null> {
    const { name, valueType } = fields.selectedInCycle;
    const pages = this.#deps.engine.queryDatapoints(
      {
        datasourceId: await this.#datasourceId(signal),
        where: isNotNull(name, valueType),
        select: [name],
        orderBy: [{ field: name, order: 'DESC' }],
        pageSize: 1,
      },
      signal,
    );
    for await (const { datapoints } of pages)
      for (const { fields: row } of datapoints) return Number(row[name]) < 0 ? null : Number(row[name]);
    return null;
  }

  async #datasourceId(signal: AbortSignal): Promise<string> {
    const name = datasourceName(this.#spec);
    const datasource = await this.#deps.engine.findDatasource({ name }, signal);
    if (!datasource) throw new DomainError(`There is no datasource "${name}"; the loop has not begun.`);
    return datasource.id;
  }
}
