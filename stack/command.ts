import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { defaultPorts, type PortName } from './ports.ts';
import { progressPrinter } from './progress.ts';
import type { StackLink } from './stack-context.ts';
import type { StackEvent } from './stack-event.ts';
import type { RunningStack, StackServer } from './start-stack.ts';

interface Flags {
  readonly data: string;
  readonly port: Partial<Record<PortName, number>>;
  readonly root: readonly { url: string; folder: string }[];
  readonly repo: string;
  readonly only?: readonly StackServer[];
  readonly json?: boolean;
}

const serverNames: readonly StackServer[] = ['temporal', 'mlflow', 'label-studio', 'engine'];

/** `labelloop stack`. */
export function stackCommand(): Command {
  return new Command('stack')
    .description('start the local servers: Temporal, MLflow, Label Studio, the Data Engine')
    .option('--data <dir>', 'where the servers keep their data', '.labelloop')
    .option(
      '--port <name=number>',
      `port of a server, 0 for any free one; may be repeated (${portHelp()})`,
      collectPort,
      {},
    )
    .option(
      '--root <url=folder>',
      'images for the Data Engine: s3://BUCKET/PREFIX=FOLDER; may be repeated',
      collectRoot,
      [],
    )
    .option('--repo <owner/name>', 'the repository that the Data Engine is', parseRepo, 'local/labelloop')
    .option('--only <list>', `servers to start, of ${serverNames.join(', ')} (default: all)`, parseServers)
    .option('--json', 'print events and addresses as JSON, one object a line')
    .addHelpText(
      'after',
      `
A server that the environment names is checked and not started: TEMPORAL_ADDRESS, MLFLOW_TRACKING_URI, LABEL_STUDIO_URL (with
LABEL_STUDIO_API_KEY), DAGSHUB_CLIENT_HOST (with DAGSHUB_USER_TOKEN). LABELLOOP_POSTGRES_URL gives Label Studio a PostgreSQL of yours.

Example:
  labelloop stack --root s3://teeth/data=./images --port mlflow=5001`,
    )
    .action(async (_: unknown, command: Command) => runStack(command.optsWithGlobals<Flags>()));
}

async function runStack(flags: Flags): Promise<void> {
  const stop = stopOnSignal();
  const printer = flags.json ? null : progressPrinter(process.stderr);
  const onEvent = printer?.onEvent ?? ((event: StackEvent) => console.log(JSON.stringify(event)));
  const say = (message: string) => console.error(message);
  const { startStack } = await import('./start-stack.ts');
  let stack: RunningStack;
  try {
    stack = await startStack({
      dataDir: flags.data,
      ports: flags.port,
      roots: flags.root,
      repo: flags.repo,
      ...(flags.only && { only: flags.only }),
      onProgress: onEvent,
      logger: { info: say, warn: say },
      signal: stop,
    });
  } catch (error) {
    printer?.settle();
    if (stop.aborted) {
      say('Stopped.');
      return;
    }
    throw error;
  }
  printer?.settle();
  const { links, envFile } = stack;
  if (flags.json) console.log(JSON.stringify({ ready: true, links, envFile }));
  else console.log(summary(links, envFile));
  try {
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    await stack.stop();
  }
}

function summary(links: readonly StackLink[], envFile: string): string {
  const rows = links.map(
    ({ name, url, hint }) => `  ${name.padEnd(14)}${url}${hint === undefined ? '' : `  (${hint})`}`,
  );
  return `\n${rows.join('\n')}\n\n  Settings for workers and commands: --env-file ${envFile}\n  Ctrl-C stops everything.\n`;
}

/** The first Ctrl-C or SIGTERM stops in order; more of them change nothing, so that no server is left behind. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (!controller.signal.aborted) console.error('Stopping the servers …');
      controller.abort();
    });
  return controller.signal;
}

function portHelp(): string {
  return Object.entries(defaultPorts)
    .map(([name, port]) => `${name} ${port}`)
    .join(', ');
}

function collectPort(text: string, earlier: Flags['port']): Flags['port'] {
  const [name = '', digits = ''] = text.split('=');
  if (!Object.hasOwn(defaultPorts, name))
    throw new InvalidArgumentError(
      `Write it as NAME=NUMBER; NAME is one of ${Object.keys(defaultPorts).join(', ')}.`,
    );
  const port = Number(digits);
  if (!/^\d+$/.test(digits) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return { ...earlier, [name]: port };
}

function collectRoot(text: string, earlier: Flags['root']): Flags['root'] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) throw new InvalidArgumentError('Write it as URL=FOLDER.');
  return [...earlier, { url: text.slice(0, equals), folder: text.slice(equals + 1) }];
}

function parseServers(text: string): StackServer[] {
  const names = text.split(',').map((name) => name.trim());
  const servers = serverNames.filter((name) => names.includes(name));
  if (servers.length !== new Set(names).size)
    throw new InvalidArgumentError(`Write it as a list of ${serverNames.join(', ')}.`);
  return servers;
}

function parseRepo(text: string): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(text)) throw new InvalidArgumentError('Write it as OWNER/NAME.');
  return text;
}
