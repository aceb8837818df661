import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
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
    options: {
      env: NodeJS.ProcessEnv;
      logFile: string;
      /** Node's arguments that run the command line; those of this process by default. */
      entry?: readonly string[];
    },
  ): Promise<ChildProgram> {
    const { entry = [...process.execArgv, process.argv[1] ?? ''] } = options;
    await mkdir(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'w');
    try {
      const child = spawn(process.execPath, [...entry, ...args], {
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

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** All that it has printed so far. */
  async output(): Promise<string> {
    return readFile(this.#logFile, 'utf8').catch(() => '');
  }

  /** @throws Error with the end of its output when it has ended. */
  async assertRunning(): Promise<void> {
    if (!this.hasEnded) return;
    const output = await this.output();
    throw new Error(`A process ended by itself:\n${output.trimEnd().split('\n').slice(-10).join('\n')}`);
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.hasEnded) return;
    this.#child.kill('SIGTERM');
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
  }
}
