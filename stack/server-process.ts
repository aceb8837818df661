import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, endOrphans } from './end-group.ts';
import { processIdentity } from './process-identity.ts';
import { StackError } from './stack-error.ts';
import type { ServerName } from './stack-event.ts';

export interface ServerSpec {
  readonly name: ServerName;
  /** For people: `Label Studio`. */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  /** All of it; nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly uid?: number;
  readonly gid?: number;
  /** True once it serves; asked again and again. A throw counts as false. */
  readonly isReady: (signal: AbortSignal) => Promise<boolean>;
  readonly readyWithinMs: number;
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  readonly stopWithinMs?: number;
  readonly logFile: string;
  /** Remembers the process, so that a later stack can find what this one left. */
  readonly pidFile: string;
}

const pollMs = 200;
const shownLogLines = 15;
const maxLogBytes = 10_000_000;

/** A server as a child process in a group of its own. */
export class ServerProcess {
  readonly spec: ServerSpec;
  /** Called when it ends although nobody stopped it. */
  onDeath: (message: string) => void = () => undefined;
  private child: ChildProcess | null = null;
  /** How it ended; resolves when nothing of its group is left. */
  private exit: Promise<string> | null = null;
  private isStopping = false;

  constructor(spec: ServerSpec) {
    this.spec = spec;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves once the server serves. @throws StackError with the end of its log when it does not get there. */
  async start(signal: AbortSignal): Promise<void> {
    const { spec } = this;
    signal.throwIfAborted();
    this.isStopping = false;
    const logStart = this.spawn();
    let exited: string | undefined;
    void this.exit?.then((how) => (exited = how));
    const deadline = Date.now() + spec.readyWithinMs;
    while (!(await this.isReadyNow(signal)) || exited !== undefined) {
      signal.throwIfAborted();
      if (exited !== undefined) throw await this.failure(`ended while starting (${exited})`, logStart);
      if (Date.now() > deadline)
        throw await this.failure(
          `did not answer within ${Math.round(spec.readyWithinMs / 1000)} s`,
          logStart,
        );
      await sleep(pollMs);
    }
    void this.exit?.then((how) => {
      if (!this.isStopping)
        this.onDeath(`${spec.title} ended unexpectedly (${how}); its log is ${spec.logFile}`);
    });
  }

  /** Ends the group; does nothing when it is gone already. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const { pid } = this;
    const { stopSignal = 'SIGTERM', stopWithinMs = 15_000 } = this.spec;
    if (pid !== undefined) await endGroup(pid, { stopSignal, stopWithinMs });
    await this.exit;
    this.child = null;
    rmSync(this.spec.pidFile, { force: true });
  }

  /** Answers where in the log file this start begins. */
  private spawn(): number {
    const { spec } = this;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    mkdirSync(dirname(spec.pidFile), { recursive: true });
    if (sizeOf(spec.logFile) > maxLogBytes) renameSync(spec.logFile, `${spec.logFile}.1`);
    const logStart = sizeOf(spec.logFile);
    const log = openSync(spec.logFile, 'a', 0o600);
    const child = spawn(spec.file, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', log, log],
      detached: true,
      ...(spec.uid !== undefined && { uid: spec.uid }),
      ...(spec.gid !== undefined && { gid: spec.gid }),
    });
    closeSync(log);
    this.child = child;
    this.exit = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      // Children of a dead leader end now: later its number may be another's.
      child.once('exit', (code, signal) => {
        if (this.child === child) this.child = null;
        const how = signal ?? `exit code ${code}`;
        void endOrphans(child.pid ?? 0).then(() => resolve(how));
      });
    });
    if (child.pid !== undefined)
      writeFileSync(
        spec.pidFile,
        JSON.stringify({
          pid: child.pid,
          identity: processIdentity(child.pid) ?? '',
          stopSignal: spec.stopSignal ?? 'SIGTERM',
        }),
      );
    return logStart;
  }

  private async isReadyNow(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.spec.isReady(signal);
    } catch {
      return false;
    }
  }

  private async failure(what: string, logStart: number): Promise<StackError> {
    const tail = await logTail(this.spec.logFile, logStart);
    const said =
      tail === '' ? 'it wrote nothing to its log' : `the end of its log, ${this.spec.logFile}:\n${tail}`;
    return new StackError(`${this.spec.title} ${what}; ${said}`);
  }
}

async function logTail(file: string, start: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const from = Math.max(start, size - 16_384);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n');
    return lines.slice(-shownLogLines).join('\n').trim();
  } finally {
    await handle.close();
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
