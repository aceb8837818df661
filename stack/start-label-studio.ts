import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { labelStudioDatabase } from './label-studio-database.ts';
import { labelStudioToken } from './label-studio-token.ts';
import { checkGiven, probe } from './probe.ts';
import { ensurePythonVenv } from './python-venv.ts';
import { saveSecrets } from './secrets.ts';
import { serverEnvironment } from './server-environment.ts';
import type { StackContext, StackPart } from './stack-context.ts';
import { StackError } from './stack-error.ts';

/** Label Studio's sign-up wants an address; nothing is ever sent there. */
export const labelStudioUser = 'admin@example.com';

/** Label Studio with one user, or the server that `LABEL_STUDIO_URL` names. */
export async function startLabelStudio(context: StackContext): Promise<StackPart> {
  const { env, dataDir, venvDir, signal, ports, secrets } = context;
  if (env['LABEL_STUDIO_URL']) return useGiven(context, env['LABEL_STUDIO_URL']);
  const folder = join(dataDir, 'label-studio');
  await mkdir(folder, { recursive: true });
  const [bin, database] = await Promise.all([
    ensurePythonVenv({
      venvDir,
      name: 'label-studio',
      env,
      signal,
      report: (message) => context.report('label-studio', 'install', message),
    }),
    labelStudioDatabase(context, folder),
  ]);
  const port = String(ports['label-studio']);
  const url = `http://127.0.0.1:${port}`;
  context.report('label-studio', 'start', `Starting Label Studio on ${database.words}`);
  await context.run({
    name: 'label-studio',
    title: 'Label Studio',
    file: join(bin, 'python'),
    args: [
      join(bin, 'label-studio'),
      'start',
      '--no-browser',
      '--internal-host',
      '127.0.0.1',
      '--port',
      port,
    ],
    env: serverEnvironment(env, { ...settings(folder, context), ...database.env }),
    cwd: folder,
    isReady: async (aborted) => (await probe(`${url}/health`, { signal: aborted })) === 200,
    readyWithinMs: 300_000,
  });
  const { labelStudioPassword: password } = secrets;
  const token = await labelStudioToken({
    url,
    token: secrets.labelStudioToken,
    user: labelStudioUser,
    password,
  });
  if (token !== secrets.labelStudioToken)
    await saveSecrets(context.secretsFile, { ...secrets, labelStudioToken: token });
  context.report('label-studio', 'ready', `at ${url}, on ${database.words}`);
  const hint = `user ${labelStudioUser}, password in ${context.secretsFile}`;
  return {
    env: { LABEL_STUDIO_URL: url, LABEL_STUDIO_API_KEY: token },
    links: [{ name: 'Label Studio', url, hint }],
  };
}

function settings(folder: string, { secrets }: StackContext): Record<string, string> {
  return {
    LABEL_STUDIO_BASE_DATA_DIR: folder,
    LABEL_STUDIO_USERNAME: labelStudioUser,
    LABEL_STUDIO_PASSWORD: secrets.labelStudioPassword,
    LABEL_STUDIO_USER_TOKEN: secrets.labelStudioToken,
    LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN: 'true',
    // By default it sends requests and answers, bodies included, to its makers.
    LABEL_STUDIO_COLLECT_ANALYTICS: 'false',
    LABEL_STUDIO_SENTRY_DSN: '',
    LABEL_STUDIO_FRONTEND_SENTRY_DSN: '',
    LABEL_STUDIO_LATEST_VERSION_CHECK: 'false',
    // Webhooks may reach loopback.
    LABEL_STUDIO_USE_DEFAULT_BANNED_SUBNETS: 'false',
    // A bad prediction is refused instead of lost.
    fflag_feat_utc_210_prediction_validation_15082025: 'true',
  };
}

async function useGiven(context: StackContext, url: string): Promise<StackPart> {
  const key = context.env['LABEL_STUDIO_API_KEY'];
  if (!key) throw new StackError('LABEL_STUDIO_URL is set, so LABEL_STUDIO_API_KEY must be set too.');
  // A personal access token (a JWT) has to be exchanged first; the worker does that, and says when it cannot.
  const isLegacy = !key.includes('.');
  await checkGiven({
    title: 'Label Studio',
    url,
    path: isLegacy ? '/api/current-user/whoami' : '/health',
    urlVariable: 'LABEL_STUDIO_URL',
    credentialsVariable: 'LABEL_STUDIO_API_KEY',
    signal: context.signal,
    ...(isLegacy && { headers: { authorization: `Token ${key}` } }),
  });
  context.report('label-studio', 'ready', `at ${new URL(url).host}, as LABEL_STUDIO_URL says`);
  return {
    env: { LABEL_STUDIO_URL: url, LABEL_STUDIO_API_KEY: key },
    links: [{ name: 'Label Studio', url }],
  };
}
