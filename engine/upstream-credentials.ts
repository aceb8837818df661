import { request } from 'undici';
import { z } from 'zod';
import { EngineError } from './engine-error.ts';

/** An access token is used for so long; Label Studio's live for five minutes by default. */
const accessForMs = 120_000;

/** MLflow's `Authorization`, from what its own client reads: a user and password, or a token; null for a server without. */
export function mlflowAuthorization(env: NodeJS.ProcessEnv): () => Promise<string | null> {
  const {
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
    MLFLOW_TRACKING_TOKEN: token,
  } = env;
  const basic = user ? `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` : null;
  return () => Promise.resolve(basic ?? (token ? `Bearer ${token}` : null));
}

/** Label Studio's, by the kind of key: a legacy token as it is; a personal access token buys short-lived access tokens. */
export function labelStudioAuthorization(url: string, key: string): () => Promise<string | null> {
  if (key.split('.').length !== 3)
    return () => Promise.resolve(/^[0-9a-f]{40}$/i.test(key) ? `Token ${key}` : `Bearer ${key}`);
  let access: { readonly header: Promise<string>; readonly untilMs: number } | null = null;
  return () => {
    if (access && Date.now() < access.untilMs) return access.header;
    const header = buyAccess(url, key);
    access = { header, untilMs: Date.now() + accessForMs };
    header.catch(() => (access = null));
    return header;
  };
}

async function buyAccess(url: string, refresh: string): Promise<string> {
  const { statusCode, body } = await request(`${url}/api/token/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh }),
  });
  if (statusCode !== 200) {
    await body.dump();
    throw new EngineError(`Label Studio refuses LABEL_STUDIO_API_KEY: status ${statusCode}.`);
  }
  return `Bearer ${z.object({ access: z.string() }).parse(await body.json()).access}`;
}
