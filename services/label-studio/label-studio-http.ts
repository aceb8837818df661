import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { ServiceRejectedError } from '../../core/errors.ts';
import { Http, type HttpRequest } from '../http.ts';
import { AccessToken } from './access-token.ts';

export interface LabelStudioConnection {
  readonly url: string;
  /** A legacy token (40 hex digits), a personal access token (a JWT), or a token that goes as Bearer (DagsHub's). */
  readonly apiKey: string;
  readonly dispatcher?: Dispatcher;
}

const errorSchema = z.looseObject({
  detail: z.string().optional(),
  validation_errors: z.unknown().optional(),
});

/**
 * The HTTP client of one Label Studio. DagsHub's answers a page with status 200 while it starts. Buys a new access token once on a 401.
 */
export class LabelStudioHttp {
  readonly url: string;
  readonly #http: Http;
  readonly #token: AccessToken;

  constructor({ url, apiKey, dispatcher }: LabelStudioConnection) {
    this.#http = new Http({
      service: 'Label Studio',
      baseUrl: url,
      // A locked SQLite is retried by the server for up to 45 s before it answers.
      timeoutMs: 180_000,
      secrets: [apiKey],
      readError: (status, body) => ({
        message:
          status === 401
            ? `does not accept the key; check LABEL_STUDIO_API_KEY for ${url}. ${words(body)}`
            : words(body),
      }),
      ...(dispatcher && { dispatcher }),
    });
    this.#token = new AccessToken(apiKey, this.#http);
    this.url = this.#http.options.baseUrl;
  }

  async json<Schema extends z.ZodType>(input: HttpRequest, schema: Schema): Promise<z.output<Schema>> {
    return this.#authorized(input, (request) => this.#http.json(request, schema));
  }

  /** Deletes what is at the path; that it is gone already is fine. */
  async remove(path: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#authorized({ method: 'DELETE', path, signal }, (request) => this.#http.text(request));
    } catch (error) {
      if (!(error instanceof ServiceRejectedError && error.status === 404)) throw error;
    }
  }

  async #authorized<T>(input: HttpRequest, call: (request: HttpRequest) => Promise<T>): Promise<T> {
    const authorization = await this.#token.authorization();
    try {
      return await call({ ...input, headers: { ...input.headers, authorization } });
    } catch (error) {
      const isStale = error instanceof ServiceRejectedError && error.status === 401;
      if (!isStale || !this.#token.isRefreshable) throw error;
    }
    this.#token.forget(authorization);
    return call({
      ...input,
      headers: { ...input.headers, authorization: await this.#token.authorization() },
    });
  }
}

/** The reason in a refusal; a page is only named. */
function words(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return /^\s*</.test(body) ? 'an HTML page' : oneLine(body, 200);
  }
  const error = errorSchema.safeParse(value);
  if (!error.success) return oneLine(JSON.stringify(value), 500);
  const { detail, validation_errors: fields } = error.data;
  return [detail, fields && oneLine(JSON.stringify(fields), 500)].filter(Boolean).join(' ');
}

function oneLine(text: string, length: number): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, length);
}
