import { equals, isNotNull } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';

/** What the Data Engine knows of a datapoint that people were asked about. */
export interface AskedRow {
  /** The datapoint's. */
  readonly id: string;
  /** That asks it. */
  readonly cycle: number;
  readonly purpose: string;
  /** Hash of its annotation. */
  readonly annotation?: string;
  /** `annotation_source`: the answer that it holds. */
  readonly source?: string;
  /** Hash of the prediction that stood before the answer. */
  readonly prediction?: string;
  /** MLflow run of the model that made it. */
  readonly predRun?: string;
  /** People were not shown it. */
  readonly isBlind?: boolean;
  /** Where people are divided evenly about a second opinion. */
  readonly unseenClass?: string;
  /** Hash of its ledger. */
  readonly ledger?: string;
}

/** The datapoints that were asked in a cycle, by path. @param input - `cycle` null: in any. */
export async function askedRows(
  engine: DataEngine,
  { datasourceId, cycle }: { datasourceId: string; cycle: number | null },
  signal: AbortSignal,
): Promise<Map<string, AskedRow>> {
  const { annotation, annotationSource, askedBlind, prediction, predRun } = fields;
  const { selectedInCycle, selectedAs, ledger, unseenClass } = fields;
  const pages = engine.queryDatapoints(
    {
      datasourceId,
      where:
        cycle === null
          ? isNotNull(selectedInCycle.name, selectedInCycle.valueType)
          : equals(selectedInCycle.name, cycle, selectedInCycle.valueType),
      select: [
        selectedInCycle,
        selectedAs,
        annotation,
        annotationSource,
        prediction,
        predRun,
        askedBlind,
        ledger,
        unseenClass,
      ].map(({ name }) => name),
    },
    signal,
  );
  const asked = new Map<string, AskedRow>();
  for await (const { datapoints } of pages)
    for (const { id, path, fields: row } of datapoints)
      asked.set(path, {
        id,
        cycle: Number(row[selectedInCycle.name]),
        purpose: String(row[selectedAs.name]),
        ...(row[annotation.name] !== undefined && { annotation: String(row[annotation.name]) }),
        ...(row[annotationSource.name] !== undefined && { source: String(row[annotationSource.name]) }),
        ...(row[prediction.name] !== undefined && { prediction: String(row[prediction.name]) }),
        ...(row[predRun.name] !== undefined && { predRun: String(row[predRun.name]) }),
        ...(row[askedBlind.name] === true && { isBlind: true }),
        ...(row[unseenClass.name] !== undefined && { unseenClass: String(row[unseenClass.name]) }),
        ...(row[ledger.name] !== undefined && { ledger: String(row[ledger.name]) }),
      });
  return asked;
}
