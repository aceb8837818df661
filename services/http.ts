import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { ServiceRejectedError, ServiceUnavailableError, UnexpectedResponseError } from '../core/errors.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface HttpOptions {
  /** Names the server in messages: `MLflow`. */
  readonly service: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Sent with every request; asked for anew each time, so that tokens can be refreshed. */
  readonly headers?: () => Promise<Record<string, string>> | Record<string, string>;
  /** Silence after which the server counts as unavailable. Default 60 000. */
  readonly timeoutMs?: number;
  /** Says that a status means "try again" although the table says otherwise (or the reverse); undefined leaves it to the table. */
  readonly isUnavailable?: (status: number, body: string) => boolean | undefined;
  /** Reads a refusal's body: a machine-readable code, and the words fit for people (default: the body's beginning). */
  readonly readError?: (status: number, body: string) => { code?: string; message?: string };
  /** A server's request id to put into messages, from the response headers. */
  readonly requestIdHeader?: string;
  readonly dispatcher?: Dispatcher;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Starts with a slash; joined to the base URL. */
  readonly path: string;
  readonly query?: Record<string, string | number | boolean | undefined>;
  readonly json?: unknown;
  readonly body?: Uint8Array | Readable;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Dispatcher.ResponseData['body'];
}

const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

/**
 * One remote server over undici. Judges every answer by the table in `core/errors.ts`, and never retries: that is Temporal's.
 * Messages name the operation and the reason; they hold no header and no request body, so no secret.
 */
export class Http {
  readonly options: HttpOptions;
  constructor(options: HttpOptions) {
    this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') };
  }

  /** The parsed body of a 2xx answer. @throws UnexpectedResponseError when it does not match the schema. */
  async json<Schema extends z.ZodType>(input: HttpRequest, schema: Schema): Promise<z.output<Schema>> {
    return (await this.jsonWithHeaders(input, schema)).value;
  }

  /** As {@link Http.json}, for a caller that reads the answer's headers too. */
  async jsonWithHeaders<Schema extends z.ZodType>(
    input: HttpRequest,
    schema: Schema,
  ): Promise<{ value: z.output<Schema>; headers: HttpResponse['headers'] }> {
    const response = await this.send(input);
    const text = await this.read(input, () => response.body.text());
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      const what = /^\s*</.test(text) ? 'an HTML page' : 'no JSON';
      throw new UnexpectedResponseError(`${this.describe(input)}: answered ${what}: ${excerpt(text)}`, {
        cause,
      });
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data, headers: response.headers };
    const issue = parsed.error.issues[0];
    throw new UnexpectedResponseError(
      `${this.describe(input)}: unexpected answer at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? ''}`,
      { cause: parsed.error },
    );
  }

  async text(input: HttpRequest): Promise<string> {
    const response = await this.send(input);
    return this.read(input, () => response.body.text());
  }

  async bytes(input: HttpRequest): Promise<Uint8Array> {
    const response = await this.send(input);
    return this.read(input, async () => new Uint8Array(await response.body.arrayBuffer()));
  }

  /** A 2xx answer whose body the caller consumes (or dumps). Any other status throws. */
  async send(input: HttpRequest): Promise<HttpResponse> {
    const { service, timeoutMs = 60_000, dispatcher } = this.options;
    const url = new URL(this.options.baseUrl + input.path);
    for (const [key, value] of Object.entries(input.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value));
    const ownHeaders = await this.options.headers?.();
    let response: Dispatcher.ResponseData;
    try {
      response = await request(url, {
        method: input.method,
        headers: {
          ...(input.json !== undefined && { 'content-type': 'application/json' }),
          ...ownHeaders,
          ...input.headers,
        },
        body: input.json !== undefined ? JSON.stringify(input.json) : (input.body ?? null),
        signal: input.signal ?? null,
        headersTimeout: input.timeoutMs ?? timeoutMs,
        bodyTimeout: input.timeoutMs ?? timeoutMs,
        ...(dispatcher && { dispatcher }),
      });
    } catch (cause) {
      if (input.signal?.aborted) throw cause;
      throw new ServiceUnavailableError(
        `${this.describe(input)}: ${service} at ${this.options.baseUrl} does not answer (${reason(cause)})`,
        { cause },
      );
    }
    if (response.statusCode >= 200 && response.statusCode < 300)
      return { status: response.statusCode, headers: response.headers, body: response.body };
    throw await this.failure(input, response);
  }

  private async failure(input: HttpRequest, response: Dispatcher.ResponseData): Promise<Error> {
    const { statusCode: status, headers } = response;
    const body = await response.body.text().catch(() => '');
    const id = this.options.requestIdHeader ? headers[this.options.requestIdHeader.toLowerCase()] : undefined;
    const { code, message: words = excerpt(body) } = this.options.readError?.(status, body) ?? {};
    const message = `${this.describe(input)}: ${status} ${words}${id ? ` (request ${String(id)})` : ''}`;
    const unavailable = this.options.isUnavailable?.(status, body) ?? retryableStatuses.has(status);
    if (!unavailable)
      return new ServiceRejectedError(message, { status, ...(code !== undefined && { code }) });
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
    return new ServiceUnavailableError(message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }

  /** Consumes a body; one that breaks off means the server is unavailable. */
  async read<T>(input: HttpRequest, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (cause) {
      if (input.signal?.aborted) throw cause;
      throw new ServiceUnavailableError(`${this.describe(input)}: the answer broke off (${reason(cause)})`, {
        cause,
      });
    }
  }

  private describe(input: HttpRequest): string {
    return `${this.options.service}: ${input.method} ${input.path}`;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? error.message;
}

/** The part of a body that fits into one line of an error. */
function excerpt(body: string): string {
  const line = body.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
