import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { annotationBlob } from '../core/annotation-blob.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { readClassCsv } from '../core/formats/class-csv.ts';
import { readLabelStudioTasks, type ImportedAnnotation } from '../core/formats/label-studio-tasks.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import type { ActivityDeps } from './activity-deps.ts';

export interface ImportAnnotationsInput {
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly scheme: LabelScheme;
  readonly imports: LoopSpec['importAnnotations'];
}

export interface ImportAnnotationsResult {
  readonly imported: number;
  /** Datapoints that had an annotation already; theirs is kept. */
  readonly kept: number;
  /** Rows of the files that match no datapoint, and the first few of them. */
  readonly unmatched: number;
  readonly unmatchedExamples: readonly string[];
}

export function importAnnotationsActivity({ engine }: Pick<ActivityDeps, 'engine'>) {
  return {
    /**
     * Step 2: annotations that exist already, from files on the worker's disk, matched to datapoints by path or by download URL, as in
     * exports of DagsHub's projects. A datapoint that is annotated keeps its annotation, so importing again changes nothing.
     *
     * @throws {@link DomainError} naming file and row for a file that cannot be read or a class the loop does not have: final.
     */
    async importAnnotations(input: ImportAnnotationsInput): Promise<ImportAnnotationsResult> {
      const signal = cancellationSignal();
      const wanted = new Map<string, ImportedAnnotation>();
      for (const { format, file } of input.imports)
        for await (const row of readRows(format, file, input)) wanted.set(row.path, row);
      if (wanted.size === 0) return { imported: 0, kept: 0, unmatched: 0, unmatchedExamples: [] };

      let imported = 0;
      let kept = 0;
      const { annotation, annotationSource } = fields;
      const pages = engine.queryDatapoints(
        { datasourceId: input.datasource.id, select: [annotation.name] },
        signal,
      );
      for await (const { datapoints } of pages) {
        const blobs: MetadataEntry[] = [];
        const sources: MetadataEntry[] = [];
        for (const { path, fields: row } of datapoints) {
          const imageUrl = engine.downloadUrl({ rootUrl: input.datasource.rootUrl, path });
          const named = [path, imageUrl].find((name) => wanted.has(name)) ?? '';
          const found = wanted.get(named);
          if (!found) continue;
          wanted.delete(named);
          if (row[annotation.name] !== undefined) {
            kept += 1;
            continue;
          }
          const value = annotationBlob({ imageUrl, annotation: { result: found.result } });
          blobs.push({ path, key: annotation.name, valueType: 'BLOB', value });
          sources.push({ path, key: annotationSource.name, valueType: 'STRING', value: found.source });
          imported += 1;
        }
        await engine.updateMetadata({ datasourceId: input.datasource.id, entries: sources }, signal);
        await engine.updateMetadata({ datasourceId: input.datasource.id, entries: blobs }, signal);
        heartbeat({ imported });
      }
      return { imported, kept, unmatched: wanted.size, unmatchedExamples: [...wanted.keys()].slice(0, 5) };
    },
  };
}

/** Each row's class is one of the loop's. */
async function* readRows(
  format: LoopSpec['importAnnotations'][number]['format'],
  file: string,
  { scheme }: ImportAnnotationsInput,
): AsyncGenerator<ImportedAnnotation> {
  const answers = answersOf(scheme);
  const bytes = openFile(file);
  const rows = format === 'label-studio' ? readLabelStudioTasks(bytes, file) : csvRows();
  for await (const row of rows) {
    answers.truthOf(row.result, `${file}: the annotation of "${row.path}"`);
    yield row;
  }

  async function* csvRows(): AsyncGenerator<ImportedAnnotation> {
    for (const { path, label, source } of readClassCsv(await text(bytes), file))
      yield { path, source, result: answers.resultOf({ path, truth: { label } }) };
  }
}

async function* openFile(file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
  } catch (error) {
    throw new DomainError(
      `importAnnotations: cannot read ${file} on this worker (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
    );
  }
}
