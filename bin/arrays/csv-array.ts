import { parse } from 'csv-parse/sync';
import { DomainError } from '../../core/errors.ts';
import type { NumberArray } from '../../core/number-array.ts';

/** A first column of this name holds the rows' ids. */
const idColumns = ['id', 'path'];

/**
 * A line of column names, then a row of numbers a line; a first column named `id` or `path` holds the rows' ids. An empty cell is NaN.
 *
 * @throws DomainError naming line and column of the first cell that is no number, and a line of another length.
 */
export function readCsvArray(bytes: Uint8Array): NumberArray {
  const [header, ...rows] = records(bytes);
  if (!header) throw new DomainError('It is empty; its first line names the columns.');
  const hasIds = idColumns.includes(header[0]?.toLowerCase() ?? '');
  const columns = header.slice(hasIds ? 1 : 0);
  const data = new Float64Array(rows.length * columns.length);
  rows.forEach((row, index) => {
    columns.forEach((column, place) => {
      const cell = row[place + (hasIds ? 1 : 0)] ?? '';
      const value = /^(nan)?$/i.test(cell)
        ? NaN
        : Number(cell.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));
      if (Number.isNaN(value) && !/^(nan)?$/i.test(cell))
        throw new DomainError(`Line ${index + 2}, column "${column}": "${cell}" is no number.`);
      data[index * columns.length + place] = value;
    });
  });
  return {
    shape: columns.length === 1 ? [rows.length] : [rows.length, columns.length],
    data,
    columns,
    ...(hasIds && { ids: rows.map(([id]) => id ?? '') }),
  };
}

export function csvOfArray({ shape, data, ids, columns }: NumberArray): string {
  const [rows = 0, width = 1] = shape;
  if (shape.length > 2)
    throw new DomainError(`A CSV file has rows and columns, and this has ${shape.length} axes.`);
  const titles = Array.from({ length: width }, (_, index) => columns?.[index] ?? `value_${index}`);
  const lines = [[...(ids ? ['id'] : []), ...titles].map(quoted).join()];
  for (let row = 0; row < rows; row++) {
    const cells = Array.from(data.subarray(row * width, (row + 1) * width), (value) =>
      Number.isNaN(value) ? '' : String(value),
    );
    lines.push([...(ids ? [quoted(ids[row] ?? '')] : []), ...cells].join());
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function records(bytes: Uint8Array): string[][] {
  try {
    return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw new DomainError(`It is no CSV: ${(error as Error).message}.`, { cause: error });
  }
}
