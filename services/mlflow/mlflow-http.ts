import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { ServiceRejectedError } from '../../core/errors.ts';
import { Http } from '../http.ts';

export interface MlflowConnection {
  /** `http://127.0.0.1:5000`, or `https://dagshub.com/OWNER/NAME.mlflow`. */
  readonly trackingUri: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly dispatcher?: Dispatcher;
}

/** MLflow's own errors, and DagsHub's, which also says so what its MLflow does not have. */
const errorSchema = z.union([
  z.looseObject({ error_code: z.string(), message: z.string().default('') }),
  z.looseObject({ error: z.string() }).transform(({ error }) => ({
    error_code: isMissingCall(error) ? 'UNSUPPORTED' : undefined,
    message: error,
  })),
]);

/** The HTTP client of one MLflow server. Overload that looks like a bad request is retried, as its words say. */
export function mlflowHttp({ trackingUri, username, password, dispatcher }: MlflowConnection): Http {
  const hasLogin = username !== undefined || password !== undefined;
  const login = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  return new Http({
    service: 'MLflow',
    baseUrl: trackingUri,
    timeoutMs: 120_000,
    secrets: [...(hasLogin ? [login] : []), ...(password === undefined ? [] : [password])],
    headers: (): Record<string, string> => (hasLogin ? { authorization: `Basic ${login}` } : {}),
    isUnavailable: (status, body) => {
      if (isMissingCall(body)) return false;
      return status === 400 && isOverload(body) ? true : undefined;
    },
    readError: (status, body) => {
      if (status === 401)
        return {
          message: `does not accept the login; check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD for ${trackingUri}.`,
        };
      const error = errorSchema.safeParse(parseJson(body));
      if (!error.success) return {};
      const { error_code: code, message } = error.data;
      return { ...(code !== undefined && { code }), message: withoutSql(message) };
    },
    ...(dispatcher && { dispatcher }),
  });
}

/** Whether MLflow refused for this reason. Its status alone says little: a taken name is 400, a missing alias too. */
export function refusedFor(error: unknown, code: string): boolean {
  return error instanceof ServiceRejectedError && error.code === code;
}

/** Whether the server does not have the call: an older MLflow, or DagsHub's. */
export function isUnsupported(error: unknown): boolean {
  if (!(error instanceof ServiceRejectedError)) return false;
  return (
    error.code === 'UNSUPPORTED' || (error.status === 404 && error.code === undefined) || error.status === 501
  );
}

function isMissingCall(text: string): boolean {
  return /unsupported endpoint/i.test(text);
}

/** A full pool or a lock, which MLflow answers as if the caller had erred. */
function isOverload(body: string): boolean {
  return /QueuePool limit|database is locked/i.test(body);
}

/** Database errors carry SQL with values, which are nobody's business. */
function withoutSql(message: string): string {
  const first = message.split(/\n|\[SQL/)[0] ?? '';
  return first.length > 300 ? `${first.slice(0, 300)}…` : first;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
