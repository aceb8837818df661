import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureOfficialClient } from '../stack/official-client.ts';
import { packageFile } from '../stack/program-entry.ts';
import { runCommand } from '../stack/run-command.ts';
import type { EngineProcess } from './engine-process.ts';

/** Runs a Python script of this folder with DagsHub's official client; answers what it wrote to the file of its first argument, as JSON. */
export type OfficialClient = (
  script: string,
  args: readonly string[],
  options?: { host?: string; env?: Record<string, string> },
) => Promise<unknown>;

/** @param folder - An empty home for the client, so that nobody's own settings are read. */
export async function officialClient(engine: EngineProcess, folder: string): Promise<OfficialClient> {
  const python = await ensureOfficialClient({
    venvDir: resolve('.labelloop/venv'),
    env: process.env,
    report: (message) => console.log(`the official client: ${message}`),
  });
  const answerFile = join(folder, 'official.json');
  return async (script, args, { host = engine.host, env = {} } = {}) => {
    const command = [packageFile(import.meta.url, `bench/${script}`), answerFile, ...args];
    const { code, lines } = await runCommand(python, command, {
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        BROWSER: 'true',
        DAGSHUB_CLIENT_HOST: host,
        DAGSHUB_USER_TOKEN: engine.token,
        DAGSHUB_DISABLE_ANALYTICS: '1',
        ...env,
      },
    });
    if (code !== 0) throw new Error(`The official client failed:\n${lines.join('\n')}`);
    return JSON.parse(await readFile(answerFile, 'utf8')) as unknown;
  };
}
