import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ChildProgram } from '../demo/child-program.ts';
import { deploymentName } from '../workers/run-workers.ts';

/** A version of the code: its name to Temporal, and Node's arguments that run its command line. */
export interface CodeVersion {
  readonly buildId: string;
  readonly entry: readonly string[];
}

const readyWithinMs = 600_000;
const pollMs = 500;

/** The one worker of a run, which is killed, started again, and replaced by one of the other version. */
export class VersionedWorker {
  /** Sentences about workers that ended though nobody ended them. */
  readonly unexpected: string[] = [];
  readonly #client: Client;
  readonly #versions: readonly CodeVersion[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #logs: string;
  #program: ChildProgram | null = null;
  #version = 0;
  #starts = 0;
  /** Bytes, by the cycle in which they were seen. */
  readonly #peaks = new Map<number, number>();

  constructor(input: {
    client: Client;
    versions: readonly CodeVersion[];
    env: NodeJS.ProcessEnv;
    /** A file a start. */
    logs: string;
  }) {
    this.#client = input.client;
    this.#versions = input.versions;
    this.#env = input.env;
    this.#logs = input.logs;
  }

  /** Its highest memory in each cycle. */
  get memory(): number[] {
    return [...this.#peaks].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  }

  get starts(): number {
    return this.#starts;
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#program = await this.#launch(signal);
    await this.#makeCurrent(signal);
  }

  async kill(): Promise<void> {
    const program = this.#program;
    this.#program = null;
    await program?.kill();
  }

  async startAgain(signal: AbortSignal): Promise<void> {
    this.#program ??= await this.#launch(signal);
  }

  /** The other version starts beside it and becomes current; answers what ends the old one. */
  async upgrade(signal: AbortSignal): Promise<() => Promise<void>> {
    const old = this.#program;
    this.#version = (this.#version + 1) % this.#versions.length;
    this.#program = await this.#launch(signal);
    await this.#makeCurrent(signal);
    return async () => old?.stop();
  }

  /** Looks after it: starts it again when it ended by itself, and notes its memory. */
  async look(cycle: number, signal: AbortSignal): Promise<void> {
    const program = this.#program;
    if (!program) return;
    if (program.hasEnded) {
      const said = (await program.output()).trimEnd().split('\n').slice(-5).join('\n');
      this.unexpected.push(`Worker ${this.#starts} ended by itself:\n${said}`);
      this.#program = null;
      await this.startAgain(signal);
      return;
    }
    const bytes = await residentBytes(program.pid);
    this.#peaks.set(cycle, Math.max(this.#peaks.get(cycle) ?? 0, bytes));
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  async #launch(signal: AbortSignal): Promise<ChildProgram> {
    this.#starts += 1;
    const { buildId, entry } = this.#current;
    const program = await ChildProgram.start(['worker', '--queues', 'loop,infer,train'], {
      env: { ...this.#env, LABELLOOP_BUILD_ID: buildId },
      logFile: join(this.#logs, `worker-${String(this.#starts).padStart(2, '0')}-${buildId}.log`),
      entry,
    });
    const deadline = Date.now() + readyWithinMs;
    try {
      while (!program.hasEnded && !(await program.output()).includes('Worker ready')) {
        if (Date.now() > deadline)
          throw new Error(`A worker was not ready within ${readyWithinMs / 1000} s.`);
        await sleep(pollMs, undefined, { signal });
      }
      return program;
    } catch (error) {
      await program.kill();
      throw error;
    }
  }

  get #current(): CodeVersion {
    const version = this.#versions[this.#version];
    if (!version) throw new Error('There is no version of the code.');
    return version;
  }

  /** Temporal knows a version once its worker has polled. */
  async #makeCurrent(signal: AbortSignal): Promise<void> {
    const { workflowService } = this.#client;
    const { namespace } = this.#client.options;
    for (let tries = 0; ; tries++)
      try {
        await this.#client.withDeadline(Date.now() + 10_000, () =>
          workflowService.setWorkerDeploymentCurrentVersion({
            namespace,
            deploymentName,
            buildId: this.#current.buildId,
            identity: 'chaos',
            ignoreMissingTaskQueues: true,
          }),
        );
        return;
      } catch (error) {
        if (tries >= 60) throw error;
        await sleep(pollMs, undefined, { signal });
      }
  }
}

/** 0 where it cannot be told. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
