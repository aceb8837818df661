import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { LabelScheme } from '../core/answers/answers.ts';
import { annotationBlob } from '../core/annotation-blob.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import type { EnrichedImages } from '../core/enriched-images.ts';
import { fields } from '../core/fields.ts';
import { FormatReport } from '../core/formats/format-report.ts';
import type { ImportedAnnotation } from '../core/formats/label-studio-tasks.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { DataEngine } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { openImport, type ImportRows } from './import-rows.ts';

type Datasource = Readonly<Record<'id' | 'rootUrl', string>>;

export interface ImportAnnotationsInput {
  readonly datasource: Datasource;
  readonly scheme: LabelScheme;
  readonly imports: LoopSpec['importAnnotations'];
}

/** Annotations in memory at once. */
const chunkRows = 500;
const shownExamples = 5;

export function importAnnotationsActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 2: annotations that exist already, from files on the worker's disk, matched to datapoints by path or by download URL, as in
     * exports of DagsHub's projects. A datapoint that is annotated keeps its annotation, so importing again changes nothing. Of several rows
     * for one image the last counts. Files are read to their end before anything is written, and then again: memory holds the names of
     * their images, and the annotations of a chunk.
     *
     * @throws {@link DomainError} naming file and row for a file that cannot be read or a class the loop does not have: final.
     */
    async importAnnotations({
      datasource,
      scheme,
      imports,
    }: ImportAnnotationsInput): Promise<NonNullable<EnrichedImages['imported']>> {
      const signal = cancellationSignal();
      const onRead = () => {
        signal.throwIfAborted();
        heartbeat('reading');
      };
      const files: ImportRows[] = [];
      for (const one of imports) files.push(await openImport(one, { scheme, onRead }));
      const report = new FormatReport();
      const lastRow = new Map<string, number>();
      for await (const { row, number } of rowsOf(files, report)) lastRow.set(row.path, number);
      const { free, annotated } = await findImages(engine, { datasource, names: lastRow }, signal);

      let chunk: ImportedAnnotation[] = [];
      const write = async () => {
        await writeRows(engine, { datasource, rows: chunk }, signal);
        chunk = [];
      };
      if (free.size > 0)
        for await (const { row, number } of rowsOf(files, new FormatReport())) {
          const path = free.get(row.path);
          if (path === undefined || lastRow.get(row.path) !== number) continue;
          chunk.push({ ...row, path });
          if (chunk.length === chunkRows) await write();
        }
      await write();

      const unmatched = [...lastRow.keys()].filter((name) => !free.has(name) && !annotated.has(name));
      const { skipped, clipped, examples } = report;
      return {
        imported: free.size,
        kept: annotated.size,
        unmatched: unmatched.length,
        unmatchedExamples: unmatched.slice(0, shownExamples),
        ...(examples.length > 0 && { faults: { skipped, clipped, examples } }),
      };
    },
  };
}

/** Of all files, numbered. */
async function* rowsOf(
  files: readonly ImportRows[],
  report: FormatReport,
): AsyncGenerator<{ row: ImportedAnnotation; number: number }> {
  let number = 0;
  for (const rows of files) for await (const row of rows(report)) yield { row, number: number++ };
}

/** The datapoints that the names stand for: the paths of those without an annotation, by name, and the names of the others. */
async function findImages(
  engine: DataEngine,
  { datasource, names }: { datasource: Datasource; names: { has(name: string): boolean; size: number } },
  signal: AbortSignal,
): Promise<{ free: Map<string, string>; annotated: Set<string> }> {
  const free = new Map<string, string>();
  const annotated = new Set<string>();
  if (names.size === 0) return { free, annotated };
  const { name: annotation } = fields.annotation;
  const pages = engine.queryDatapoints({ datasourceId: datasource.id, select: [annotation] }, signal);
  for await (const { datapoints } of pages) {
    for (const { path, fields: row } of datapoints) {
      const imageUrl = engine.downloadUrl({ rootUrl: datasource.rootUrl, path });
      const name = [path, imageUrl].find((one) => names.has(one));
      if (name === undefined) continue;
      if (row[annotation] === undefined) free.set(name, path);
      else annotated.add(name);
    }
    heartbeat('looking for the images');
  }
  return { free, annotated };
}

/** The annotation, which says that the row is complete, goes last. */
async function writeRows(
  engine: DataEngine,
  { datasource, rows }: { datasource: Datasource; rows: readonly ImportedAnnotation[] },
  signal: AbortSignal,
): Promise<void> {
  const { annotation, annotationSource } = fields;
  const sources = rows.map(({ path, source }): MetadataEntry => {
    return { path, key: annotationSource.name, valueType: 'STRING', value: source };
  });
  const blobs = rows.map(({ path, result }): MetadataEntry => {
    const imageUrl = engine.downloadUrl({ rootUrl: datasource.rootUrl, path });
    const value = annotationBlob({ imageUrl, annotation: { result } });
    return { path, key: annotation.name, valueType: 'BLOB', value };
  });
  await engine.updateMetadata({ datasourceId: datasource.id, entries: sources }, signal);
  await engine.updateMetadata({ datasourceId: datasource.id, entries: blobs }, signal);
  heartbeat({ written: rows.length });
}
