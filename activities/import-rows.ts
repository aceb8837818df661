import { text } from 'node:stream/consumers';
import { answersOf, type LabelScheme } from '../core/answers/answers.ts';
import { readClassCsv } from '../core/formats/class-csv.ts';
import type { FormatReport } from '../core/formats/format-report.ts';
import { readLabelStudioTasks, type ImportedAnnotation } from '../core/formats/label-studio-tasks.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import { bytesOf, openAnnotations, type OnRead } from './open-annotations.ts';

/** Reads a file's annotations from the start; may be called more than once. What is left out goes into the report. */
export type ImportRows = (report: FormatReport) => AsyncGenerator<ImportedAnnotation>;

/**
 * Opens a file of annotations. An image of a COCO or YOLO file without objects gives no row: neither format tells an image with nothing on
 * it from one that nobody has looked at.
 *
 * @throws DomainError naming file and row for what cannot be read; the rows throw it too, for a class that the scheme does not have.
 */
export async function openImport(
  { format, file, folder }: LoopSpec['importAnnotations'][number],
  { scheme, onRead }: { scheme: LabelScheme; onRead: OnRead },
): Promise<ImportRows> {
  const answers = answersOf(scheme);
  const rows = await open();
  return async function* (report) {
    for await (const row of rows(report)) {
      answers.truthOf(row.result, `${file}: the annotation of "${row.path}"`);
      yield folder === undefined || URL.canParse(row.path) ? row : { ...row, path: `${folder}/${row.path}` };
    }
  };

  async function open(): Promise<ImportRows> {
    switch (format) {
      case 'label-studio':
        return () => readLabelStudioTasks(bytesOf(file, onRead), file);
      case 'csv':
        return async function* () {
          for (const { path, label, source } of readClassCsv(await text(bytesOf(file, onRead)), file))
            yield { path, source, result: answers.resultOf({ path, truth: { label } }) };
        };
      case 'coco':
      case 'yolo': {
        const { images } = await openAnnotations(format, file, onRead);
        const source = `import/${file}`.slice(-500);
        return async function* (report) {
          for await (const { path, objects, ...sizePx } of images(report))
            if (objects.length > 0)
              yield { path, source, result: answers.resultOf({ path, truth: { objects, sizePx } }) };
        };
      }
    }
  }
}
