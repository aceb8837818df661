import { z } from 'zod';
import { ServiceRejectedError, ServiceUnavailableError, UnexpectedResponseError } from '../../core/errors.ts';
import { Http, type HttpRequest } from '../http.ts';
import { AccessToken } from './access-token.ts';

export interface LabelStudioConnection {
  readonly url: string;
  /** A legacy token (40 hex digits), a personal access token (a JWT), or a token that goes as Bearer (DagsHub's). */
  readonly apiKey: string;
}

const errorSchema = z.looseObject({
  detail: z.string().optional(),
  validation_errors: z.unknown().optional(),
});

/**
 * The HTTP client of one Label Studio. Knows the page that DagsHub's answers with status 200 while it starts, and refreshes a personal
 * access token once on a 401.
 */
export class LabelStudioHttp {
  readonly url: string;
  readonly #http: Http;
  readonly #token: AccessToken;

  constructor({ url, apiKey }: LabelStudioConnection) {
    const options = {
      service: 'Label Studio',
      baseUrl: url,
      // A locked SQLite is retried by the server for up to 45 s before it answers.
      timeoutMs: 180_000,
      readError: (status: number, body: string) =>
        status === 401 || status === 403
          ? { message: `refused; check LABEL_STUDIO_API_KEY for ${url}. ${words(body)}` }
          : { message: words(body) },
    };
    this.#token = new AccessToken(apiKey, new Http(options));
    this.#http = new Http({
      ...options,
      headers: async () => ({ authorization: await this.#token.authorization() }),
    });
    this.url = this.#http.options.baseUrl;
  }

  async json<Schema extends z.ZodType>(input: HttpRequest, schema: Schema): Promise<z.output<Schema>> {
    return this.#withFreshToken(async () => {
      try {
        return await this.#http.json(input, schema);
      } catch (error) {
        if (error instanceof UnexpectedResponseError && /an HTML page/.test(error.message))
          throw new ServiceUnavailableError(
            `Label Studio at ${this.url} answers with a page instead of data; it may still be starting.`,
            { cause: error },
          );
        throw error;
      }
    });
  }

  /** For answers without a body that matters. */
  async done(input: HttpRequest): Promise<void> {
    await this.#withFreshToken(async () => {
      const response = await this.#http.send(input);
      await response.body.dump();
    });
  }

  async #withFreshToken<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const isStale = error instanceof ServiceRejectedError && error.status === 401;
      if (!isStale || !this.#token.isRefreshable) throw error;
      this.#token.forget();
      return call();
    }
  }
}

function words(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return /^\s*</.test(body) ? 'an HTML error page' : body.replace(/\s+/g, ' ').trim().slice(0, 200);
  }
  const error = errorSchema.safeParse(value);
  if (!error.success) return JSON.stringify(value).slice(0, 500);
  const { detail, validation_errors: fields } = error.data;
  return [detail, fields && JSON.stringify(fields).slice(0, 500)].filter(Boolean).join(' ');
}
