import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const graceMs = 20_000;

/** A command of labelloop as a process of its own, as a user would start it in another terminal; its output goes to a file. */
export class ChildProgram {
  readonly #child: ChildProcess;
  readonly #logFile: string;

  static async start(
    args: readonly string[],
    options: { env: NodeJS.ProcessEnv; logFile: string },
  ): Promise<ChildProgram> {
    await mkdir(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'w');
    try {
      const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], {
        env: options.env,
        stdio: ['ignore', log, log],
      });
      return new ChildProgram(child, options.logFile);
    } finally {
      closeSync(log);
    }
  }

  private constructor(child: ChildProcess, logFile: string) {
    this.#child = child;
    this.#logFile = logFile;
  }

  /** @throws Error with the end of its output when it has ended. */
  async assertRunning(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    const output = await readFile(this.#logFile, 'utf8').catch(() => '');
    throw new Error(`A process of the demo ended:\n${output.trimEnd().split('\n').slice(-10).join('\n')}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
  }
}
