import { readFile } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';

/**
 * A `.json` file with a list of texts or whole numbers; any other file: one id a line, empty lines aside.
 *
 * @throws UsageError naming the file, when it is not there or holds something else.
 */
export async function readIds(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  }
  if (!file.toLowerCase().endsWith('.json')) return text.split(/\r?\n/).filter((line) => line !== '');
  const list = parsed(file, text);
  if (!Array.isArray(list)) throw new UsageError(`${file} is no list of ids.`);
  return list.map((id: unknown, index) => {
    if (typeof id === 'string' || Number.isInteger(id)) return String(id);
    throw new UsageError(
      `${file}: entry ${index} is ${JSON.stringify(id)}, neither a text nor a whole number.`,
    );
  });
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}
