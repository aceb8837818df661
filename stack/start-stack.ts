import { mkdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endLeftovers, ownerVariable } from './end-leftovers.ts';
import { choosePorts, type PortName } from './ports.ts';
import { tryLock } from './process-lock.ts';
import { packageFile } from './program-entry.ts';
import { loadSecrets } from './secrets.ts';
import { ServerProcess, type ServerSpec } from './server-process.ts';
import type { StackContext, StackLink, StackPart } from './stack-context.ts';
import { StackError } from './stack-error.ts';
import { writeEnvFile } from './stack-env-file.ts';
import type { OnStackEvent, ServerName, StackEvent } from './stack-event.ts';
import { startDataEngine } from './start-data-engine.ts';
import { startLabelStudio } from './start-label-studio.ts';
import { startMlflow } from './start-mlflow.ts';
import { startTemporal } from './start-temporal.ts';

/** PostgreSQL comes with Label Studio. */
export type StackServer = Exclude<ServerName, 'postgres'>;

export interface StackOptions {
  /** Holds everything the servers keep. Default `.labelloop`. */
  readonly dataDir?: string;
  /** Python's environments, shared by all data folders. Default `.labelloop/venv` beside the sources. */
  readonly venvDir?: string;
  /** 0 for any free one. */
  readonly ports?: Partial<Record<PortName, number>>;
  /** Default: all; the Data Engine only when there are roots for it. */
  readonly only?: readonly StackServer[];
  /** `owner/name` that the Data Engine is. Default `local/labelloop`. */
  readonly repo?: string;
  /** Folders of images, by the URL of the Data Engine's datasources. */
  readonly roots?: readonly { readonly url: string; readonly folder: string }[];
  readonly onProgress?: OnStackEvent;
  readonly logger?: { info(message: string): void; warn(message: string): void };
  /** Ends a start that is under way. A stack that runs is stopped with {@link RunningStack.stop}. */
  readonly signal?: AbortSignal;
  /** Names servers that run already (`TEMPORAL_ADDRESS`, …). The process's by default. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunningStack {
  /** What workers, clients and webhook servers need, secrets included. */
  readonly env: Readonly<Record<string, string>>;
  readonly links: readonly StackLink[];
  /** `env` as a file, there while the stack runs. */
  readonly envFile: string;
  /** The servers that were started here. */
  readonly processes: Readonly<Partial<Record<ServerName, { readonly pid: number | undefined }>>>;
  /** Stops one server if it runs, and starts it again on the same port and data. */
  restart(name: ServerName): Promise<void>;
  /** Stops all at once, the database after the server that uses it. Later calls wait for the first. */
  stop(): Promise<void>;
}

const starters: Record<StackServer, (context: StackContext) => Promise<StackPart>> = {
  temporal: startTemporal,
  mlflow: startMlflow,
  'label-studio': startLabelStudio,
  engine: startDataEngine,
};

const givenBy: Record<StackServer, string> = {
  temporal: 'TEMPORAL_ADDRESS',
  mlflow: 'MLFLOW_TRACKING_URI',
  'label-studio': 'LABEL_STUDIO_URL',
  engine: 'DAGSHUB_CLIENT_HOST',
};

/** Where `labelloop webhook` listens by default. */
const webhookUrl = 'http://127.0.0.1:8092';

/**
 * Starts the local servers that are missing, all at once, and waits until every one serves. One stack a data folder. When one cannot
 * start, those that have are stopped.
 *
 * @throws StackError in words a person can act on.
 */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const wantedDir = resolve(options.dataDir ?? '.labelloop');
  await mkdir(wantedDir, { recursive: true });
  const dataDir = await realpath(wantedDir);
  const runDir = join(dataDir, 'run');
  const lock = await tryLock(join(runDir, 'stack.lock'));
  if ('heldBy' in lock)
    throw new StackError(
      `The stack of ${dataDir} runs already, as process ${lock.heldBy}; stop that one first.`,
    );
  const stack = new Stack(options, dataDir, runDir, () => lock.release());
  try {
    await stack.start();
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

class Stack implements RunningStack {
  env: Readonly<Record<string, string>> = {};
  links: readonly StackLink[] = [];
  readonly envFile: string;
  private readonly servers: ServerProcess[] = [];
  private readonly createdAt = Date.now();
  /** Of servers that were started again. */
  private readonly startedAt = new Map<ServerName, number>();
  private readonly abort = new AbortController();
  private stopping: Promise<void> | null = null;
  private readonly options: StackOptions;
  private readonly dataDir: string;
  private readonly runDir: string;
  private readonly unlock: () => Promise<void>;

  constructor(options: StackOptions, dataDir: string, runDir: string, unlock: () => Promise<void>) {
    this.options = options;
    this.dataDir = dataDir;
    this.runDir = runDir;
    this.unlock = unlock;
    this.envFile = join(dataDir, 'stack.env');
  }

  get processes(): RunningStack['processes'] {
    return Object.fromEntries(this.servers.map((server) => [server.spec.name, { pid: server.pid }]));
  }

  async start(): Promise<void> {
    const { signal, logger, env = process.env } = this.options;
    const abort = () => this.abort.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await rm(this.envFile, { force: true });
      const left = await endLeftovers(this.runDir, this.dataDir);
      if (left > 0)
        logger?.warn(`Ended ${left} server${left > 1 ? 's' : ''} that an earlier stack had left behind.`);
      const names = this.wantedServers(env);
      const context = await this.context(names, env);
      const parts = await this.startAll(names, context);
      this.links = parts.flatMap((part) => part.links);
      this.env = {
        ...(Object.assign({}, ...parts.map((part) => part.env)) as Record<string, string>),
        // A worker takes both or neither.
        LABELLOOP_WEBHOOK_URL: env['LABELLOOP_WEBHOOK_URL'] ?? webhookUrl,
        LABELLOOP_WEBHOOK_SECRET: env['LABELLOOP_WEBHOOK_SECRET'] ?? context.secrets.webhookSecret,
      };
      await writeEnvFile(this.envFile, this.env);
      this.abort.signal.throwIfAborted();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async restart(name: ServerName): Promise<void> {
    const server = this.servers.find(({ spec }) => spec.name === name);
    if (!server) throw new StackError(`The stack has no server ${name} of its own.`);
    await server.stop();
    this.startedAt.set(name, Date.now());
    this.report(name, 'start', `Starting ${server.spec.title} again`);
    await server.start(this.abort.signal);
    this.report(name, 'ready', 'again');
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private async stopOnce(): Promise<void> {
    this.abort.abort(new StackError('The stack is being stopped.'));
    try {
      await rm(this.envFile, { force: true });
      const isDatabase = (server: ServerProcess) => server.spec.name === 'postgres';
      await Promise.all(
        this.servers.filter((server) => !isDatabase(server)).map((one) => this.stopServer(one)),
      );
      await Promise.all(this.servers.filter(isDatabase).map((one) => this.stopServer(one)));
    } finally {
      await this.unlock();
    }
  }

  private async stopServer(server: ServerProcess): Promise<void> {
    const wasRunning = server.pid !== undefined;
    await server.stop();
    if (wasRunning) this.report(server.spec.name, 'stopped', 'stopped');
  }

  private wantedServers(env: NodeJS.ProcessEnv): StackServer[] {
    const { only, roots = [] } = this.options;
    const names = only ?? (Object.keys(starters) as StackServer[]);
    if (roots.length > 0 || env[givenBy.engine] || !names.includes('engine')) return [...names];
    if (only) throw new StackError('The Data Engine needs a folder of images: --root URL=FOLDER.');
    this.options.logger?.warn(
      'The Data Engine is not started: it needs a folder of images (--root URL=FOLDER).',
    );
    return names.filter((name) => name !== 'engine');
  }

  private async context(names: readonly StackServer[], env: NodeJS.ProcessEnv): Promise<StackContext> {
    const own = names.filter((name) => !env[givenBy[name]]);
    const portNames = own.flatMap((name): PortName[] =>
      name === 'temporal' ? ['temporal', 'temporal-ui'] : [name],
    );
    const secretsFile = join(this.dataDir, 'secrets.json');
    return {
      dataDir: this.dataDir,
      venvDir: resolve(this.options.venvDir ?? packageFile(import.meta.url, '.labelloop/venv')),
      secretsFile,
      secrets: await loadSecrets(secretsFile),
      ports: await choosePorts(portNames, this.options.ports),
      repo: this.options.repo ?? 'local/labelloop',
      roots: (this.options.roots ?? []).map(({ url, folder }) => ({ url, folder: resolve(folder) })),
      env,
      signal: this.abort.signal,
      report: (server, phase, message) => this.report(server, phase, message),
      run: (spec) => this.run(spec),
    };
  }

  /** All at once. The first that fails ends the others; its error is the one to show. */
  private async startAll(names: readonly StackServer[], context: StackContext): Promise<StackPart[]> {
    let first: { error: unknown } | undefined;
    const parts = await Promise.all(
      names.map(async (name): Promise<StackPart> => {
        try {
          return await starters[name](context);
        } catch (error) {
          first ??= { error };
          this.abort.abort(error);
          return { env: {}, links: [] };
        }
      }),
    );
    if (first) throw first.error;
    return parts;
  }

  private async run(spec: Omit<ServerSpec, 'logFile' | 'pidFile'>): Promise<ServerProcess> {
    const server = new ServerProcess({
      ...spec,
      env: { ...spec.env, [ownerVariable]: this.dataDir },
      logFile: join(this.dataDir, 'logs', `${spec.name}.log`),
      pidFile: join(this.runDir, `${spec.name}.pid.json`),
    });
    server.onDeath = (message) => {
      this.report(spec.name, 'stopped', message);
      this.options.logger?.warn(message);
    };
    this.servers.push(server);
    await server.start(this.abort.signal);
    return server;
  }

  private report(server: ServerName, phase: StackEvent['phase'], message: string): void {
    const start = this.startedAt.get(server) ?? this.createdAt;
    this.options.onProgress?.({ server, phase, message, seconds: (Date.now() - start) / 1000 });
  }
}
