import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from './run-command.ts';

export interface PostgresBinaries {
  readonly bin: string;
  /** Major version; a cluster can be opened by its own only. */
  readonly version: number;
}

/** PostgreSQL's server programs on this machine, newest first: on `PATH`, and where Debian, Red Hat and Homebrew put them. */
export async function findPostgres(env: NodeJS.ProcessEnv): Promise<PostgresBinaries[]> {
  const folders = [
    ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...(await versions('/usr/lib/postgresql', 'bin')),
    ...(await versions('/usr', 'bin', /^pgsql-/)),
    ...(await versions('/opt/homebrew/opt', 'bin', /^postgresql/)),
    ...(await versions('/usr/local/opt', 'bin', /^postgresql/)),
  ];
  const found: PostgresBinaries[] = [];
  for (const bin of new Set(folders)) {
    if (!existsSync(join(bin, 'initdb')) || !existsSync(join(bin, 'postgres'))) continue;
    const { lines } = await runCommand(join(bin, 'postgres'), ['--version'], { env, timeoutMs: 10_000 });
    const [, version] = /\) (\d+)/.exec(lines[0] ?? '') ?? [];
    if (version !== undefined) found.push({ bin, version: Number(version) });
  }
  return found.sort((a, b) => b.version - a.version);
}

async function versions(folder: string, below: string, name = /^\d/): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((one) => name.test(one)).map((one) => join(folder, one, below));
}
