import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connectTemporal, type TemporalConnection } from '../client/connect.ts';
import type { LoopSpec } from '../core/loop-spec.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { ChildProgram } from '../demo/child-program.ts';
import { freePort } from '../stack/ports.ts';
import { packageFile, programEntry } from '../stack/program-entry.ts';
import type { OnStackEvent } from '../stack/stack-event.ts';
import { startStack, type RunningStack } from '../stack/start-stack.ts';
import { FaultyGateway } from './faulty-gateway.ts';
import { JumpingClock } from './jumping-clock.ts';
import { Line } from './line.ts';
import type { Fault, Target } from './moments.ts';
import { writeSecondVersion } from './second-version.ts';
import { SmallDisk } from './small-disk.ts';
import { VersionedWorker } from './versioned-worker.ts';
import { WebhookPost } from './webhook-post.ts';

export interface WorldOptions {
  readonly dataDir: string;
  readonly seed: number;
  readonly spec: LoopSpec;
  /** Folder of the loop's images. */
  readonly images: string;
  readonly onStackEvent: OnStackEvent;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Servers whose line can be cut, and the variable that names where they are. */
const lined = {
  temporal: 'TEMPORAL_ADDRESS',
  'label-studio': 'LABEL_STUDIO_URL',
  mlflow: 'MLFLOW_TRACKING_URI',
  engine: 'DAGSHUB_CLIENT_HOST',
} as const;
export type Lined = keyof typeof lined;
const linedNames = Object.keys(lined) as Lined[];

const diskMegabytes = { worker: 64, engine: 96 } as const;

/** Real servers, a worker that reaches them over lines and gateways of ours, and all that can be done to them. */
export class World {
  readonly stack: RunningStack;
  /** To Temporal itself, past the line. */
  readonly temporal: TemporalConnection;
  readonly worker: VersionedWorker;
  readonly post: WebhookPost;
  readonly lines: ReadonlyMap<Lined, Line>;
  readonly gateways: ReadonlyMap<Lined, FaultyGateway>;
  readonly disks: ReadonlyMap<'worker' | 'engine', SmallDisk>;
  readonly clock: JumpingClock | null;
  /** Of the sources, and of their second version. */
  readonly roots: readonly string[];
  readonly #closers: (() => Promise<void>)[];

  /** Starts all of it; what was started is ended again when something fails. */
  static async start(options: WorldOptions): Promise<World> {
    const closers: (() => Promise<void>)[] = [];
    try {
      return await World.#start(options, closers);
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  static async #start(options: WorldOptions, closers: (() => Promise<void>)[]): Promise<World> {
    const { spec, print, signal } = options;
    const dataDir = resolve(options.dataDir);
    const random = seededRandom(options.seed + 1);
    const disks = new Map<'worker' | 'engine', SmallDisk>();
    for (const [name, folder] of [
      ['worker', 'work'],
      ['engine', 'engine'],
    ] as const) {
      const disk = await SmallDisk.mount(join(dataDir, folder), diskMegabytes[name]);
      if (!disk) continue;
      disks.set(name, disk);
      closers.push(() => disk.unmount());
    }
    if (disks.size === 0)
      print('Skipped: disk full (a small file system can be mounted by root on Linux only).');
    const clock = await JumpingClock.install(join(dataDir, 'clock'));
    if (!clock) print("Skipped: clock jump (libfaketime is not installed; Debian's package has that name).");

    const stack = await startStack({
      dataDir,
      repo: spec.repo,
      roots: [{ url: spec.datasource.path, folder: options.images }],
      ports: { temporal: 0, 'temporal-ui': 0, mlflow: 0, 'label-studio': 0, engine: 0 },
      onProgress: options.onStackEvent,
      signal,
    });
    closers.push(() => stack.stop());
    const unkillable = ['temporal', 'label-studio', 'mlflow', 'engine', 'postgres'].filter(
      (name) => !(name in stack.processes),
    );
    if (unkillable.length > 0) print(`Skipped: kill ${unkillable.join(', ')} (not started here).`);

    const lines = new Map<Lined, Line>();
    const gateways = new Map<Lined, FaultyGateway>();
    const env: Record<string, string> = { ...stack.env };
    for (const name of linedNames) {
      let port = Number(new URL(`http://${(stack.env[lined[name]] ?? '').replace(/^.*:\/\//, '')}`).port);
      if (name !== 'temporal') {
        const gateway = await FaultyGateway.to(port, random);
        closers.push(() => gateway.close());
        gateways.set(name, gateway);
        port = gateway.port;
      }
      const line = await Line.to(port);
      closers.push(() => line.close());
      lines.set(name, line);
      env[lined[name]] = `${name === 'temporal' ? '' : 'http://'}127.0.0.1:${line.port}`;
    }
    const webhookPort = await freePort();
    const post = await WebhookPost.to(`http://127.0.0.1:${webhookPort}`, random);
    closers.push(() => post.close());
    Object.assign(env, { LABELLOOP_WEBHOOK_URL: post.url, LABELLOOP_WORK_DIR: join(dataDir, 'work') });

    const temporal = await connectTemporal({ env: { ...process.env, ...stack.env } });
    closers.push(() => temporal.close());
    const second = join(dataDir, 'second-version');
    const root = packageFile(import.meta.url, '.');
    await writeSecondVersion(root, second);
    const entry = programEntry(import.meta.url, '../bin/labelloop');
    const logs = join(dataDir, 'logs');
    const programEnv = { ...process.env, ...env };
    const webhook = await ChildProgram.start(['webhook', '--port', String(webhookPort)], {
      env: programEnv,
      logFile: join(logs, 'webhook.log'),
      entry,
    });
    closers.push(() => webhook.stop());
    const worker = new VersionedWorker({
      client: temporal.client,
      versions: [
        { buildId: 'first', entry },
        { buildId: 'second', entry: [...entry.slice(0, -1), join(second, 'bin/labelloop.ts')] },
      ],
      env: { ...programEnv, LABELLOOP_INFER_THREADS: '1', ...clock?.env },
      logs,
    });
    closers.push(() => worker.stop());
    await worker.start(signal);
    return new World({
      ...{ stack, temporal, worker, post, lines, gateways, disks, clock },
      roots: [root, second],
      closers,
    });
  }

  private constructor(
    parts: Pick<
      World,
      'stack' | 'temporal' | 'worker' | 'post' | 'lines' | 'gateways' | 'disks' | 'clock' | 'roots'
    > & { closers: (() => Promise<void>)[] },
  ) {
    this.stack = parts.stack;
    this.temporal = parts.temporal;
    this.worker = parts.worker;
    this.post = parts.post;
    this.lines = parts.lines;
    this.gateways = parts.gateways;
    this.disks = parts.disks;
    this.clock = parts.clock;
    this.roots = parts.roots;
    this.#closers = parts.closers;
  }

  /** Whether this machine, and this stack, can have the fault. */
  can(fault: Fault, target: Target): boolean {
    if (fault === 'kill') return target === 'worker' || target in this.stack.processes;
    if (fault === 'disk full') return this.disks.has(target as 'worker' | 'engine');
    return fault !== 'clock jump' || this.clock !== null;
  }

  async close(): Promise<void> {
    await closeAll(this.#closers);
  }
}

/** A new folder; what an earlier run left mounted in it goes first. */
export async function emptyFolder(dataDir: string): Promise<void> {
  await SmallDisk.unmountLeft(resolve(dataDir));
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
}

/** Last one first; none keeps the others from being ended. */
async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.splice(0).reverse())
    await close().catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
}
