import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';

/** Writes `KEY=VALUE` lines that `--env-file` and shells read alike. It holds tokens, so it is for its owner only. */
export async function writeEnvFile(file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${lines.join('\n')}\n`, { mode: 0o600 });
  await rename(draft, file);
}

/** Neither reader knows an escape inside single quotes, so a value that holds one goes into double quotes. */
function quoted(value: string): string {
  if (/^[\w.:/@%+,-]*$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
