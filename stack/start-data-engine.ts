import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkGiven, probe } from './probe.ts';
import { programEntry } from './program-entry.ts';
import { serverEnvironment } from './server-environment.ts';
import type { StackContext, StackPart } from './stack-context.ts';
import { StackError } from './stack-error.ts';

/** The local Data Engine as a process of its own, or the host that `DAGSHUB_CLIENT_HOST` names. */
export async function startDataEngine(context: StackContext): Promise<StackPart> {
  const { env, dataDir, repo, roots, secrets, ports } = context;
  if (env['DAGSHUB_CLIENT_HOST']) return useGiven(context, env['DAGSHUB_CLIENT_HOST']);
  const folder = join(dataDir, 'engine');
  await mkdir(folder, { recursive: true });
  const port = String(ports.engine);
  const url = `http://127.0.0.1:${port}`;
  const behind = serversBehind(context);
  context.report('engine', 'start', 'Starting the Data Engine');
  await context.run({
    name: 'engine',
    title: 'The Data Engine',
    file: process.execPath,
    args: [
      ...programEntry(import.meta.url, '../engine/main'),
      ...['--data', folder, '--repo', repo, '--port', port, '--public-images'],
      ...roots.flatMap((root) => ['--root', `${root.url}=${root.folder}`]),
      ...behind.args,
    ],
    env: serverEnvironment(env, { DAGSHUB_USER_TOKEN: secrets.dagshubToken, ...behind.env }),
    cwd: folder,
    isReady: async (aborted) => (await probe(`${url}/health`, { signal: aborted })) === 200,
    readyWithinMs: 60_000,
  });
  context.report('engine', 'ready', `at ${url}`);
  return {
    env: { DAGSHUB_CLIENT_HOST: url, DAGSHUB_USER_TOKEN: secrets.dagshubToken, LABELLOOP_REPO: repo },
    links: [{ name: 'Data Engine', url }],
  };
}

/**
 * Where the engine leads `HOST/REPO.mlflow` and `HOST/REPO/annotations/de`. It asks those servers only when it is asked itself, so it need
 * not wait for them; the token of a Label Studio of ours is our own choice. (A Label Studio that was killed as it made its user keeps
 * another one, see `label-studio-token.ts`; the engine has that one from the next start on.)
 */
function serversBehind({ env, ports, secrets }: StackContext): {
  args: string[];
  env: Record<string, string>;
} {
  const local = (port: number | undefined) => port !== undefined && `http://127.0.0.1:${port}`;
  const given = env['MLFLOW_TRACKING_URI'];
  const mlflow = given ? /^https?:/.test(given) && given : local(ports.mlflow);
  const labelStudio = env['LABEL_STUDIO_URL'] || local(ports['label-studio']);
  const key = env['LABEL_STUDIO_URL'] ? env['LABEL_STUDIO_API_KEY'] : secrets.labelStudioToken;
  const {
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
    MLFLOW_TRACKING_TOKEN: token,
  } = env;
  return {
    args: [
      ...(mlflow ? ['--mlflow', mlflow] : []),
      ...(labelStudio && key ? ['--label-studio', labelStudio] : []),
    ],
    env: {
      ...(labelStudio && key && { LABEL_STUDIO_API_KEY: key }),
      ...(user !== undefined && { MLFLOW_TRACKING_USERNAME: user }),
      ...(password !== undefined && { MLFLOW_TRACKING_PASSWORD: password }),
      ...(token !== undefined && { MLFLOW_TRACKING_TOKEN: token }),
    },
  };
}

async function useGiven(context: StackContext, url: string): Promise<StackPart> {
  const token = context.env['DAGSHUB_USER_TOKEN'];
  if (!token) throw new StackError('DAGSHUB_CLIENT_HOST is set, so DAGSHUB_USER_TOKEN must be set too.');
  await checkGiven({
    title: 'The Data Engine',
    url,
    path: '/api/v1/user',
    urlVariable: 'DAGSHUB_CLIENT_HOST',
    credentialsVariable: 'DAGSHUB_USER_TOKEN',
    headers: { authorization: `Bearer ${token}` },
    signal: context.signal,
  });
  context.report('engine', 'ready', `at ${new URL(url).host}, as DAGSHUB_CLIENT_HOST says`);
  return {
    env: { DAGSHUB_CLIENT_HOST: url, DAGSHUB_USER_TOKEN: token, LABELLOOP_REPO: context.repo },
    links: [{ name: 'Data Engine', url }],
  };
}
