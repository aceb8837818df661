import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { trainerEventSchema, type TrainerEvent } from './job.ts';
import type { RunTrainerInput } from './run-trainer.ts';

/** Everything that is known of a trainer after its end. */
export interface TrainerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly spawnError?: NodeJS.ErrnoException;
  /** Why we stopped it, if we did. */
  readonly stopped?: StopReason;
  /** What `onEvent` threw, when `stopped` is `listener`. */
  readonly listenerError?: unknown;
  readonly done?: Extract<TrainerEvent, { event: 'done' }>;
  readonly error?: Extract<TrainerEvent, { event: 'error' }>;
  readonly stderrTail: string;
}

type StopReason = 'aborted' | 'silent' | 'late' | 'listener';

/** Variables of ours that a trainer may see. No token is among them. */
const allowedVariables = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'OMP_NUM_THREADS',
  'CUDA_VISIBLE_DEVICES',
  // Where hosted clusters mount the card's driver.
  'LD_LIBRARY_PATH',
];
const stderrTailChars = 4096;
/** How long the pipes may stay open after the end; a stray grandchild outside the group could hold them. */
const drainMs = 2000;

/** One trainer in its own process group, from spawn until the group is gone. */
export class TrainerProcess {
  readonly #input: RunTrainerInput;
  #end: { -readonly [key in keyof TrainerEnd]: TrainerEnd[key] } = {
    code: null,
    signal: null,
    stderrTail: '',
  };
  #hasEnded = false;
  #stall: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;

  constructor(input: RunTrainerInput) {
    this.#input = input;
  }

  /** Never rejects: a bad end is an answer. */
  async run(): Promise<TrainerEnd> {
    const { command, jobFile, env, signal, maxSeconds, graceMs = 15_000 } = this.#input;
    const child = spawn(command[0] ?? '', [...command.slice(1), jobFile], {
      detached: true,
      // stdin stays open and empty: its end tells the trainer that we died.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...allowedEnvironment(), ...env, AL_JOB: jobFile, PYTHONUNBUFFERED: '1' },
    });
    if (child.pid !== undefined) this.#input.onSpawn?.(child.pid);
    const stop = (reason: StopReason): void => this.#stop(child, reason, graceMs);
    const onAbort = (): void => stop('aborted');
    const late = setTimeout(() => stop('late'), Math.min(maxSeconds * 1000, 2 ** 31 - 1));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#restartStall(stop);
    this.#listen(child, stop);
    if (signal.aborted) onAbort();
    await ended(child, this.#end);
    this.#hasEnded = true;
    for (const timer of [late, this.#stall, this.#kill]) clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    killGroup(child, 'SIGKILL');
    await drained(child);
    return this.#end;
  }

  #listen(child: ChildProcess, stop: (reason: StopReason) => void): void {
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#end.stderrTail = (this.#end.stderrTail + text).slice(-stderrTailChars);
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
      const event = eventOf(line);
      if (!event) return;
      this.#restartStall(stop);
      if (event.event === 'done') this.#end.done = event;
      if (event.event === 'error') this.#end.error = event;
      try {
        this.#input.onEvent(event);
      } catch (error) {
        this.#end.listenerError = error;
        stop('listener');
      }
    });
  }

  #restartStall(stop: (reason: StopReason) => void): void {
    clearTimeout(this.#stall);
    if (this.#end.stopped === undefined && !this.#hasEnded)
      this.#stall = setTimeout(() => stop('silent'), this.#input.stallMs ?? 120_000);
  }

  #stop(child: ChildProcess, reason: StopReason, graceMs: number): void {
    if (this.#end.stopped !== undefined) return;
    this.#end.stopped = reason;
    if (this.#hasEnded) return;
    clearTimeout(this.#stall);
    killGroup(child, 'SIGTERM');
    this.#kill = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
  }
}

/** A line that is no event of the contract is the trainer's log. */
function eventOf(line: string): TrainerEvent | null {
  if (!line.startsWith('{')) return null;
  try {
    const parsed = trainerEventSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function allowedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    allowedVariables.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function ended(
  child: ChildProcess,
  end: { code: number | null; signal: NodeJS.Signals | null; spawnError?: NodeJS.ErrnoException },
): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      end.spawnError = error;
      resolve();
    });
    child.once('exit', (code, signal) => {
      end.code = code;
      end.signal = signal;
      resolve();
    });
  });
}

/** Waits for the last lines in the pipes, but not for ever. */
async function drained(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream && !stream.closed);
  const timer = setTimeout(() => {
    for (const stream of open) stream?.destroy();
  }, drainMs);
  await Promise.all(open.map((stream) => new Promise((resolve) => stream?.once('close', resolve))));
  clearTimeout(timer);
  child.stdin?.destroy();
}
