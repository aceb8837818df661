import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { EngineError } from './engine-error.ts';
import { rowsABatch, type Cell, type MetadataTable } from './metadata-table.ts';

/** What pandas' `read_csv` reads as no value. */
const empty = new Set([
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN', '<NA>'],
  ...['N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
]);

/**
 * CSV in UTF-8 with commas, its first line the columns' names. Cells without a value, and columns without a name, are as pandas has them.
 *
 * @param name - The file's, for messages.
 */
export async function openCsv(bytes: AsyncIterable<Buffer>, name: string): Promise<MetadataTable> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true });
  // What goes wrong before the parser comes out of it.
  pipeline(
    bytes,
    (source) => utf8(source, name),
    parser,
    () => undefined,
  );
  const rows = parser[Symbol.asyncIterator]() as AsyncIterator<string[]>;
  const next = async () =>
    rows.next().catch((error: unknown) => {
      throw error instanceof CsvError ? new EngineError(`${name} is no CSV: ${error.message}.`) : error;
    });

  const header = await next();
  if (header.done === true) throw new EngineError(`${name} is empty.`);
  const names = header.value.map((one, index) => (one === '' ? `Unnamed: ${index}` : one));
  return {
    columns: names.map((column) => ({ name: column, valueType: null, multiple: false })),
    async *batches() {
      let row = 0;
      let batch: Cell[][] = [];
      for (let record = await next(); record.done !== true; record = await next()) {
        row += 1;
        const cells = record.value;
        if (cells.length > names.length)
          throw new EngineError(`${name}, row ${row}: ${cells.length} cells for ${names.length} columns.`);
        batch.push(names.map((_, index) => valueOf(cells[index])));
        if (batch.length < rowsABatch) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
  };
}

function valueOf(text: string | undefined): string | null {
  return text === undefined || empty.has(text) ? null : text;
}

async function* utf8(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (chunk?: Buffer) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new EngineError(`${name} is no text in UTF-8.`, { cause });
    }
  };
  for await (const chunk of bytes) yield decode(chunk);
  yield decode();
}
