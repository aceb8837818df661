import { z } from 'zod';
import { equals } from '../core/datapoints.ts';
import { DomainError, isUnknownThere } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import type { LedgerEntry } from '../core/ledger/ledger-entry.ts';
import { datasourceName, type LoopSpec } from '../core/loop-spec.ts';
import type { DataEngine, ExperimentTracker } from '../core/ports.ts';
import { readLedgers } from './read-ledgers.ts';

/** A model that made a suggestion. */
export interface TracedModel {
  readonly cycle: number | null;
  /** Of the registry; null: none. */
  readonly modelVersion: string | null;
}

/** Where the label of a datapoint comes from. */
export interface DatapointTrace {
  readonly path: string;
  /** `annotation_source`: the answer that counts, or the file that it came from; null: it is not annotated. */
  readonly source: string | null;
  /** Its ledger, oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Of the suggestions, by MLflow run id; a run that is gone is absent. */
  readonly models: Readonly<Record<string, TracedModel>>;
}

const trainedSchema = z.looseObject({ modelVersion: z.string().nullable() });

/**
 * Reads the ledger of one datapoint, and which models made its suggestions. Label Studio is not asked: its projects may be gone.
 *
 * @throws DomainError when there is no such datapoint.
 */
export async function traceDatapoint(
  { engine, tracker }: { engine: DataEngine; tracker: ExperimentTracker },
  spec: LoopSpec,
  path: string,
): Promise<DatapointTrace> {
  const name = datasourceName(spec);
  const datasource = await engine.findDatasource({ name });
  const { annotationSource, ledger } = fields;
  const pages = datasource
    ? engine.queryDatapoints({
        datasourceId: datasource.id,
        where: equals('path', path, 'STRING'),
        select: [annotationSource.name, ledger.name],
      })
    : [];
  for await (const { datapoints } of pages)
    for (const { fields: row } of datapoints) {
      const hash = row[ledger.name];
      const ledgers = await readLedgers(engine, new Map(hash === undefined ? [] : [[path, String(hash)]]));
      const entries = ledgers.get(path)?.entries ?? [];
      const source = row[annotationSource.name];
      const runs = new Set(entries.flatMap((entry) => runOf(entry) ?? []));
      const models: Record<string, TracedModel> = {};
      for (const run of runs) {
        const model = await modelOf(tracker, run);
        if (model) models[run] = model;
      }
      return { path, source: source === undefined ? null : String(source), entries, models };
    }
  throw new DomainError(`There is no image "${path}" in the datasource "${name}".`);
}

function runOf(entry: LedgerEntry): string | null {
  if (entry.event === 'sent') return entry.suggestedBy;
  return entry.event === 'answered' || entry.event === 'skipped' ? entry.startedFrom : null;
}

async function modelOf(tracker: ExperimentTracker, runId: string): Promise<TracedModel | null> {
  try {
    const { tags } = await tracker.getRun(runId);
    const trained = tags['labelloop.trained'];
    const cycle = tags['labelloop.cycle'];
    return {
      cycle: cycle === undefined ? null : Number(cycle),
      modelVersion: trained === undefined ? null : trainedSchema.parse(JSON.parse(trained)).modelVersion,
    };
  } catch (error) {
    // People may delete a run, and suggest things of their own.
    if (isUnknownThere(error)) return null;
    throw error;
  }
}
