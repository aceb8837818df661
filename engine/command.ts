import { Command, InvalidArgumentError } from 'commander';
import { EngineError } from './engine-error.ts';
import { labelStudioAuthorization, mlflowAuthorization } from './upstream-credentials.ts';
import { startEngine, type Engine, type EngineOptions } from './start-engine.ts';

interface Flags {
  data: string;
  repo: string;
  root: { spec: string; folder: string }[];
  port: number;
  host: string;
  user?: string;
  publicImages?: boolean;
  mlflow?: string;
  labelStudio?: string;
}

/** `labelloop engine`. */
export function engineCommand(): Command {
  return new Command('engine')
    .description('A local Data Engine: folders of images behind the protocol of DagsHub.')
    .requiredOption('--data <dir>', 'where the metadata is kept (made when missing)')
    .requiredOption('--repo <owner/name>', 'the repository that this engine is')
    .requiredOption(
      '--root <url=folder>',
      's3://BUCKET/PREFIX=FOLDER, or repo:PATH=FOLDER for PATH on branch main; may be repeated',
      collectRoot,
    )
    .option('--port <number>', 'port; 0 for any free one', parsePort, 8091)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--user <login>', "login of the token's owner (default: the repository's owner)")
    .option('--public-images', 'give images without a token, for the browsers of Label Studio')
    .option('--mlflow <url>', 'the MLflow server behind HOST/REPO.mlflow', parseUrl)
    .option('--label-studio <url>', 'the Label Studio behind HOST/REPO/annotations/de', parseUrl)
    .addHelpText(
      'after',
      `
The token is read from DAGSHUB_USER_TOKEN; the credentials of the servers behind from MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD (or MLFLOW_TRACKING_TOKEN), and from LABEL_STUDIO_API_KEY.`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const token = process.env['DAGSHUB_USER_TOKEN'];
  if (!token) throw new EngineError('Set DAGSHUB_USER_TOKEN to the token that clients must send.');
  const engine = await startEngine({
    dataDir: flags.data,
    repo: flags.repo,
    token,
    roots: flags.root.map(({ spec, folder }) => ({ url: rootUrl(spec, flags.repo), folder })),
    host: flags.host,
    port: flags.port,
    ...upstreams(flags),
    publicImages: flags.publicImages ?? false,
    logger: { info: (message) => console.log(message), warn: (message) => console.error(message) },
    ...(flags.user !== undefined && { user: flags.user }),
  });
  console.log(`Data Engine of ${flags.repo} at ${engine.url}`);
  closeOnSignal(engine);
}

function upstreams({ mlflow, labelStudio }: Flags): Pick<EngineOptions, 'mlflow' | 'labelStudio'> {
  const key = process.env['LABEL_STUDIO_API_KEY'];
  if (labelStudio !== undefined && !key)
    throw new EngineError(
      'Set LABEL_STUDIO_API_KEY to the key of the Label Studio that --label-studio names.',
    );
  return {
    ...(mlflow !== undefined && { mlflow: { url: mlflow, authorization: mlflowAuthorization(process.env) } }),
    ...(labelStudio !== undefined &&
      key && {
        labelStudio: { url: labelStudio, authorization: labelStudioAuthorization(labelStudio, key) },
      }),
  };
}

/** The first signal closes in order; a second one ends at once. */
function closeOnSignal(engine: Engine): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      engine.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
}

function collectRoot(text: string, earlier: Flags['root'] = []): Flags['root'] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) throw new InvalidArgumentError('Write it as URL=FOLDER.');
  return [...earlier, { spec: text.slice(0, equals), folder: text.slice(equals + 1) }];
}

function rootUrl(spec: string, repo: string): string {
  return /^repo:(?!\/\/)/.test(spec) ? `repo://${repo}/main:${spec.slice('repo:'.length)}` : spec;
}

function parseUrl(text: string): string {
  if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    throw new InvalidArgumentError('Write it as http://HOST:PORT.');
  return text.replace(/\/+$/, '');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
