import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { getGlobalDispatcher, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import {
  DomainError,
  ServiceRejectedError,
  ServiceUnavailableError,
  UnexpectedResponseError,
} from '../core/errors.ts';
import { download, type Downloaded, type DownloadOptions, type Room } from './download.ts';
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
  /** What no message may show, though the server repeat it in its refusal; beside what it is sent as `authorization`. */
  readonly secrets?: readonly string[];
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
  /** A status that is an answer to this request, besides 2xx. */
  readonly accept?: number;
}

export interface HttpResponse<Body = Dispatcher.ResponseData['body']> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Body;
}

/** What undici's `request` answers, as far as it matters here. */
interface Answered<Body = Pick<Downloaded['body'], 'text' | 'dump'>> {
  readonly statusCode: number;
  readonly headers: HttpResponse['headers'];
  readonly body: Body;
}

const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

/**
 * One remote server over undici. Judges every answer by the table in `core/errors.ts`, and never retries: that is Temporal's. A page where data
 * was asked for is somebody else's: of a gateway, or of a server that starts.
 * Messages name the operation and the reason; they hold no header and no request body, and of what the server says no secret.
 */
export class Http {
  readonly options: HttpOptions;
  /** @throws DomainError when the base URL is none, or carries a login, which would show in messages. */
  constructor(options: HttpOptions) {
    assertPlainUrl(options);
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
    } catch {
      if (/^\s*</.test(text)) throw this.page(input);
      // The parser's own error would quote the body.
      throw new ServiceUnavailableError(`${this.describe(input)}: answered no JSON`);
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

  /** A 2xx answer, or one that the request accepts, whose body the caller consumes (or dumps). Any other status throws. */
  send(input: HttpRequest): Promise<HttpResponse> {
    return this.ask(input, request);
  }

  /** As {@link Http.send}, for a file that is no page. @throws ServiceUnavailableError when a page comes in its place. */
  async sendForFile(input: HttpRequest): Promise<HttpResponse> {
    return this.noPage(input, await this.send(input));
  }

  /** As {@link Http.sendForFile}, for a file that is wanted whole, in the room given. */
  async download(input: HttpRequest, room: Room): Promise<HttpResponse<Downloaded['body']>> {
    return this.noPage(input, await this.ask(input, (url, options) => download(url, options, room)));
  }

  private async ask<Body extends Answered['body']>(
    input: HttpRequest,
    how: (url: URL, options: DownloadOptions) => Promise<Answered<Body>>,
  ): Promise<HttpResponse<Body>> {
    const { service, timeoutMs = 60_000, dispatcher = getGlobalDispatcher() } = this.options;
    const url = new URL(this.options.baseUrl + input.path);
    for (const [key, value] of Object.entries(input.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value));
    // One signal may end many requests; that is no leak.
    if (input.signal) setMaxListeners(0, input.signal);
    const headers: Record<string, string> = {
      ...(input.json !== undefined && { 'content-type': 'application/json' }),
      ...(await this.options.headers?.()),
      ...input.headers,
    };
    let response: Answered<Body>;
    try {
      response = await how(url, {
        method: input.method,
        headers,
        body: input.json !== undefined ? JSON.stringify(input.json) : (input.body ?? null),
        signal: input.signal ?? null,
        headersTimeout: input.timeoutMs ?? timeoutMs,
        bodyTimeout: input.timeoutMs ?? timeoutMs,
        dispatcher,
      });
    } catch (cause) {
      if (input.signal?.aborted) throw cause;
      // A header that cannot be sent, such as a token with a line break: time does not heal it.
      if (isCode(cause, 'UND_ERR_INVALID_ARG'))
        throw new DomainError(
          `${this.describe(input)}: cannot be sent: ${this.withoutSecrets((cause as Error).message, headers['authorization'])}`,
        );
      throw new ServiceUnavailableError(
        `${this.describe(input)}: ${service} at ${this.options.baseUrl} does not answer (${reason(cause)})`,
        { cause },
      );
    }
    const { statusCode } = response;
    if ((statusCode >= 200 && statusCode < 300) || statusCode === input.accept)
      return { status: response.statusCode, headers: response.headers, body: response.body };
    throw await this.failure(input, response, headers['authorization']);
  }

  private async noPage<Body extends Answered['body']>(
    input: HttpRequest,
    response: HttpResponse<Body>,
  ): Promise<HttpResponse<Body>> {
    if (!/^text\/html\b/i.test(String(response.headers['content-type'] ?? ''))) return response;
    await response.body.dump();
    throw this.page(input);
  }

  /** What a server says, without what is nobody's business. @param authorization - As it was sent, if that is known. */
  withoutSecrets(text: string, authorization = ''): string {
    const [, credentials = ''] = authorization.split(' ');
    const secrets = [...(this.options.secrets ?? []), credentials].filter((secret) => secret.length >= 4);
    return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  }

  private async failure(
    input: HttpRequest,
    response: Answered,
    authorization: string | undefined,
  ): Promise<Error> {
    const { statusCode: status, headers } = response;
    const body = await response.body.text().catch((error: unknown) => {
      if (input.signal?.aborted) throw error;
      return '';
    });
    const id = this.options.requestIdHeader ? headers[this.options.requestIdHeader.toLowerCase()] : undefined;
    // Before anything is cut: half of a secret is still too much.
    const told = this.withoutSecrets(body, authorization);
    const { code, message: said = excerpt(told) } =
      status < 400
        ? redirection(this.withoutSecrets(String(headers.location ?? ''), authorization))
        : (this.options.readError?.(status, told) ?? {});
    const message = `${this.describe(input)}: ${status} ${said}${id ? ` (request ${String(id)})` : ''}`;
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

  private page(input: HttpRequest): Error {
    return new ServiceUnavailableError(
      `${this.describe(input)}: answered an HTML page instead of data; ${this.options.service} may still be starting, or ${this.options.baseUrl} is not its address`,
    );
  }

  private describe(input: HttpRequest): string {
    return `${this.options.service}: ${input.method} ${input.path}`;
  }
}

function assertPlainUrl({ service, baseUrl }: HttpOptions): void {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new DomainError(
      `The address of ${service} must be an http:// or https:// URL without user or password.`,
    );
}

/** Redirects are not followed: a token would travel along. The query of the target may hold a signature. */
function redirection(location: string): { code?: string; message?: string } {
  const [target = ''] = location.split('?');
  return { message: target === '' ? 'is a redirect' : `redirects to ${target}; check the address` };
}

const silences = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && silences.has(code)) return 'silent for too long';
  return code ?? error.message;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** The part of a body that fits into one line of an error; of a page its title. */
function excerpt(body: string): string {
  if (/^\s*</.test(body)) {
    const title = /<title[^>]*>([^<]{1,100})/i.exec(body)?.[1]?.replace(/\s+/g, ' ').trim();
    return title ? `an HTML page, "${title}"` : 'an HTML page';
  }
  const line = body.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
