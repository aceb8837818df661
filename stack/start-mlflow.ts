import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkGiven, probe } from './probe.ts';
import { ensurePythonVenv } from './python-venv.ts';
import { serverEnvironment } from './server-environment.ts';
import type { StackContext, StackPart } from './stack-context.ts';

/** MLflow on SQLite and a folder of artifacts, or the server that `MLFLOW_TRACKING_URI` names. */
export async function startMlflow(context: StackContext): Promise<StackPart> {
  const { env, dataDir, venvDir, signal, ports } = context;
  if (env['MLFLOW_TRACKING_URI']) return useGiven(context, env['MLFLOW_TRACKING_URI']);
  const bin = await ensurePythonVenv({
    venvDir,
    name: 'mlflow',
    env,
    signal,
    report: (message) => context.report('mlflow', 'install', message),
  });
  const folder = join(dataDir, 'mlflow');
  await mkdir(join(folder, 'artifacts'), { recursive: true });
  const port = String(ports.mlflow);
  const url = `http://127.0.0.1:${port}`;
  context.report('mlflow', 'start', 'Starting MLflow');
  await context.run({
    name: 'mlflow',
    title: 'MLflow',
    file: join(bin, 'python'),
    args: [
      ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', port, '--workers', '1'],
      // Relative to the folder it runs in: a path with odd characters needs no escaping in a URI.
      ...[
        '--backend-store-uri',
        'sqlite:///mlflow.sqlite',
        '--serve-artifacts',
        '--artifacts-destination',
        './artifacts',
      ],
    ],
    env: serverEnvironment(env, {
      // Its own children are called by name.
      PATH: `${bin}:${env['PATH'] ?? ''}`,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      // Else it is 15 processes and 3 GB.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
    }),
    cwd: folder,
    isReady: async (aborted) => (await probe(`${url}/health`, { signal: aborted })) === 200,
    readyWithinMs: 180_000,
  });
  context.report('mlflow', 'ready', `at ${url}`);
  return { env: { MLFLOW_TRACKING_URI: url }, links: [{ name: 'MLflow', url }] };
}

async function useGiven(context: StackContext, url: string): Promise<StackPart> {
  const { MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = context.env;
  await checkGiven({
    title: 'MLflow',
    url,
    path: '/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default',
    urlVariable: 'MLFLOW_TRACKING_URI',
    credentialsVariable: 'MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD',
    signal: context.signal,
    ...(user !== undefined && {
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` },
    }),
  });
  context.report('mlflow', 'ready', `at ${new URL(url).host}, as MLFLOW_TRACKING_URI says`);
  return {
    env: {
      MLFLOW_TRACKING_URI: url,
      ...(user !== undefined && { MLFLOW_TRACKING_USERNAME: user }),
      ...(password !== undefined && { MLFLOW_TRACKING_PASSWORD: password }),
    },
    links: [{ name: 'MLflow', url }],
  };
}
