import { runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const names = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const script = 'import sys; print(*sys.version_info[:2]); import venv, ensurepip; print(sys.executable)';

/**
 * A Python of 3.10 or newer that can make virtual environments: `LABELLOOP_PYTHON`, else one on `PATH`.
 *
 * @throws StackError that says what is missing.
 */
export async function findPython(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const given = env['LABELLOOP_PYTHON'];
  const faults: string[] = [];
  for (const name of given ? [given] : names) {
    const { code, lines } = await runCommand(name, ['-c', script], { env, signal, timeoutMs: 20_000 });
    const [, major, minor] = /^(\d+) (\d+)$/.exec(lines[0] ?? '') ?? [];
    if (major === undefined) continue;
    if (Number(major) !== 3 || Number(minor) < 10) faults.push(`${name} is ${major}.${minor ?? ''}`);
    else if (code !== 0) faults.push(`${name} lacks the module venv (on Debian: apt install python3-venv)`);
    else return lines[1] ?? name;
  }
  const found =
    faults.length > 0 ? faults.join(', ') : given ? `${given} does not run` : 'there is none on PATH';
  throw new StackError(
    `MLflow and Label Studio need Python 3.10 or newer with venv: ${found}; install one, or set LABELLOOP_PYTHON to it.`,
  );
}
