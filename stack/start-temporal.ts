import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { searchAttributes } from '../core/search-attributes.ts';
import { findTemporalCli } from './find-temporal-cli.ts';
import { registerSearchAttributes } from './register-search-attributes.ts';
import { runCommand } from './run-command.ts';
import { serverEnvironment } from './server-environment.ts';
import type { StackContext, StackPart } from './stack-context.ts';
import { StackError } from './stack-error.ts';

/** Temporal's development server on a file, or the server that `TEMPORAL_ADDRESS` names. Either way it knows our search attributes. */
export async function startTemporal(context: StackContext): Promise<StackPart> {
  const source = await findTemporalCli(({ message }) => context.report('temporal', 'install', message), {
    env: context.env,
    signal: context.signal,
  });
  return 'address' in source ? useGiven(context) : startOwn(context, source.path);
}

async function startOwn(context: StackContext, cli: string): Promise<StackPart> {
  const { ports, dataDir, env } = context;
  const address = `127.0.0.1:${ports.temporal ?? 0}`;
  const ui = `http://127.0.0.1:${ports['temporal-ui'] ?? 0}`;
  const folder = join(dataDir, 'temporal');
  await mkdir(folder, { recursive: true });
  context.report('temporal', 'start', `Starting ${cli}`);
  const help = await runCommand(cli, ['server', 'start-dev', '--help'], { env, signal: context.signal });
  const hasNews = help.lines.some((line) => line.includes('--ui-disable-news-fetch'));
  await context.run({
    name: 'temporal',
    title: 'Temporal',
    file: cli,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1'],
      ...['--port', String(ports.temporal), '--ui-port', String(ports['temporal-ui'])],
      ...['--db-filename', join(folder, 'temporal.sqlite'), '--log-level', 'warn'],
      ...Object.entries(searchAttributes).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
      ...(hasNews ? ['--ui-disable-news-fetch'] : []),
      // With several, a queue's only poller finds a waiting task in another partition seconds later.
      ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
      ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
    ],
    env: serverEnvironment(env, {}),
    cwd: folder,
    isReady: () => hasNamespace(address),
    readyWithinMs: 60_000,
  });
  await withConnection({ address }, (connection) => registerSearchAttributes(connection, 'default'));
  context.report('temporal', 'ready', `at ${address}`);
  return {
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' },
    links: [{ name: 'Temporal', url: ui }],
  };
}

async function useGiven(context: StackContext): Promise<StackPart> {
  const known = Object.entries(context.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(known),
  });
  const address = connectionOptions.address ?? '';
  try {
    await withConnection({ ...connectionOptions, address }, async (connection) => {
      await connection.workflowService.describeNamespace({ namespace });
      await registerSearchAttributes(connection, namespace);
    });
  } catch (cause) {
    if (cause instanceof StackError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StackError(`Temporal at ${address} (TEMPORAL_ADDRESS) cannot be used: ${reason}`, { cause });
  }
  context.report('temporal', 'ready', `at ${address}, as TEMPORAL_ADDRESS says`);
  return { env: given(context.env, /^TEMPORAL_(?!CLI_PATH$)/), links: [] };
}

function given(env: NodeJS.ProcessEnv, names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

/** The server listens before its namespace exists. */
function hasNamespace(address: string): Promise<boolean> {
  return withConnection({ address }, async (connection) => {
    const { workflowService } = connection;
    await workflowService.describeNamespace({ namespace: 'default' });
    // Its parts start one after the other: the lists and the queues must answer too.
    await workflowService.countWorkflowExecutions({ namespace: 'default' });
    await workflowService.describeTaskQueue({ namespace: 'default', taskQueue: { name: 'ready' } });
    return true;
  });
}

async function withConnection<T>(
  options: Parameters<typeof Connection.connect>[0],
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ ...options, connectTimeout: '5 seconds' });
  try {
    return await connection.withDeadline(Date.now() + 20_000, () => use(connection));
  } finally {
    await connection.close();
  }
}
