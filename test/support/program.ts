import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from './until.ts';

const root = path.resolve(__dirname, '../..');

/** `labelloop …` as a process, for tests that kill it. */
export class Program {
  readonly #child: ChildProcess;
  #output = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'bin/labelloop.ts', ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (chunk: Buffer) => (this.#output += chunk.toString('utf8'));
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves once the words were printed. */
  async untilPrinted(words: string): Promise<void> {
    const look = () => {
      if (this.#output.includes(words)) return true;
      if (this.#child.exitCode !== null) throw new Error('It ended.');
      return false;
    };
    await until(look, `"${words}"`, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)} It printed:\n${this.#output}`);
    });
  }

  /** Resolves once it has ended well by itself. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    if (this.#child.exitCode !== 0) throw new Error(`It ended badly:\n${this.#output}`);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}
