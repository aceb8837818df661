import { loadEnvFile as load } from 'node:process';
import { UsageError } from './usage-error.ts';

/** Reads `KEY=VALUE` lines into the environment; a variable that is set already stays as it is. */
export function loadEnvFile(file: string): void {
  try {
    load(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : (code ?? String(cause));
    throw new UsageError(`${file}: cannot be read: ${reason}.`, { cause });
  }
}
