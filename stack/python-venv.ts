import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPython } from './find-python.ts';
import { waitForLock } from './process-lock.ts';
import { packageFile } from './program-entry.ts';
import { runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

export interface PythonVenvOptions {
  /** Holds one environment a server. */
  readonly venvDir: string;
  /** Names the environment and its file in `stack/requirements`. */
  readonly name:
    'mlflow' | 'label-studio' | 'dagshub' | 'formats' | 'inference' | 'opencv' | 'numpy' | 'scikit-learn';
  /** Of this package; `stack/requirements/<name>.txt` by default. */
  readonly requirements?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The `bin` folder of a virtual environment with the server installed. The marker that makes it complete holds the requirements' hash
 * and is written last, so an installation that was killed, or that is of another version, is made again. One process installs at a time.
 */
export async function ensurePythonVenv(options: PythonVenvOptions): Promise<string> {
  const { venvDir, name, report, signal } = options;
  const file = options.requirements ?? `stack/requirements/${name}.txt`;
  const requirements = packageFile(import.meta.url, file);
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = join(venvDir, name);
  if (await isComplete(folder, wanted)) return join(folder, 'bin');
  await mkdir(venvDir, { recursive: true });
  const lock = await waitForLock(join(venvDir, `${name}.lock`), {
    signal,
    onWait: (heldBy) => report(`Waiting for process ${heldBy}, which is installing it`),
  });
  try {
    if (!(await isComplete(folder, wanted))) await install(options, folder, requirements);
    await writeFile(marker(folder), wanted);
    return join(folder, 'bin');
  } finally {
    await lock.release();
  }
}

async function install(options: PythonVenvOptions, folder: string, requirements: string): Promise<void> {
  const { name, env, report, signal } = options;
  const python = await findPython(env, signal);
  report('Making a virtual environment');
  await rm(folder, { recursive: true, force: true });
  const made = await runCommand(python, ['-m', 'venv', folder], { env, signal });
  if (made.code !== 0) throw failure(`${python} cannot make a virtual environment`, made.lines);
  let packages = 0;
  const pip = [
    '-m',
    'pip',
    'install',
    '--no-input',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  const installed = await runCommand(join(folder, 'bin', 'python'), pip, {
    env,
    signal,
    onLine: (line) => {
      const [, found] = /^Collecting ([\w.-]+)/.exec(line) ?? [];
      if (found !== undefined) report(`Collecting package ${++packages}: ${found}`);
      else if (line.startsWith('Installing collected packages')) report(`Unpacking ${packages} packages`);
    },
  });
  if (installed.code !== 0) throw failure(`pip cannot install ${name}`, installed.lines);
}

async function isComplete(folder: string, wanted: string): Promise<boolean> {
  try {
    await access(join(folder, 'bin', 'python')); // Follows the link: the Python it was made with may be gone.
    return (await readFile(marker(folder), 'utf8')) === wanted;
  } catch {
    return false;
  }
}

function marker(folder: string): string {
  return join(folder, '.complete');
}

function failure(what: string, lines: readonly string[]): StackError {
  const reason = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return new StackError(`${what}: ${reason.trim()}`);
}
