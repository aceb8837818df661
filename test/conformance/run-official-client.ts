import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureOfficialClient } from '../../stack/official-client.ts';
import { ensurePythonVenv } from '../../stack/python-venv.ts';
import { runCommand } from '../../stack/run-command.ts';

/**
 * Runs a script of this folder with DagsHub's official Python client, or MLflow's, in a home of its own and without a browser.
 *
 * @returns What the script wrote as JSON to the file of its first argument.
 * @throws Error with the script's output when it failed.
 */
export async function runOfficialClient(
  script: string,
  input: { host: string; token: string; env?: Record<string, string>; client?: 'dagshub' | 'mlflow' },
): Promise<unknown> {
  const options = {
    venvDir: resolve('.labelloop/venv'),
    env: process.env,
    report: (message: string) => void process.stderr.write(`the official client: ${message}\n`),
  };
  const python =
    input.client === 'mlflow'
      ? join(await ensurePythonVenv({ ...options, name: 'mlflow' }), 'python')
      : await ensureOfficialClient(options);
  const home = await mkdtemp(join(tmpdir(), 'labelloop-official-'));
  try {
    const result = join(home, 'result.json');
    await mkdir(join(home, 'cache'));
    const { code, lines } = await runCommand(python, [resolve('test/conformance', script), result], {
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        XDG_CACHE_HOME: join(home, 'cache'),
        BROWSER: 'true',
        PYTHONDONTWRITEBYTECODE: '1',
        DAGSHUB_CLIENT_HOST: input.host,
        DAGSHUB_USER_TOKEN: input.token,
        ...input.env,
      },
      timeoutMs: 240_000,
    });
    if (code !== 0) throw new Error(`${script} failed:\n${lines.join('\n')}`);
    return JSON.parse(await readFile(result, 'utf8'));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
