import { DomainError } from '../errors.ts';

export interface ClassRow {
  readonly path: string;
  readonly label: string;
  /** `import/<file>:<line>`. */
  readonly source: string;
}

/**
 * Reads `path,label` lines; a first line `path,label` is a heading, empty lines are passed over. The label is what follows the last comma,
 * so a path may hold commas.
 *
 * @param file - Names the file in messages.
 * @throws {@link DomainError} naming file and line for a line without comma, path or label. Never retried.
 */
export function readClassCsv(text: string, file: string): ClassRow[] {
  const rows: ClassRow[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (line.trim() === '' || (index === 0 && line.trim().toLowerCase() === 'path,label')) return;
      const comma = line.lastIndexOf(',');
      const path = line.slice(0, comma).trim();
      const label = line.slice(comma + 1).trim();
      if (comma < 1 || path === '' || label === '')
        throw new DomainError(`${file}:${index + 1}: "${line}" is not "path,label".`);
      rows.push({ path, label, source: `import/${file}:${index + 1}`.slice(-500) });
    });
  return rows;
}
