import { getGlobalDispatcher, interceptors, type Dispatcher } from 'undici';
import { z } from 'zod';
import { DomainError, ServiceRejectedError, UnexpectedResponseError } from '../../core/errors.ts';
import type { VersionedFile } from '../../core/ports.ts';
import type { Room } from '../download.ts';
import { Http, type HttpRequest } from '../http.ts';
import { traceparentHeader } from './traceparent.ts';

export interface ConnectionOptions {
  /** `https://dagshub.com`, or a local engine's URL. */
  readonly host: string;
  /** `owner/name`. */
  readonly repo: string;
  readonly token: string;
  /** Silence after which the server counts as unavailable, in milliseconds. Default 60 000. */
  readonly timeoutMs?: number;
  readonly dispatcher?: Dispatcher;
}

const supportIdHeader = 'X-DagsHub-Support-Id';
const envelopeSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

const failedScansSchema = z.record(z.string(), z.string());

/** One repository on one host: REST and GraphQL calls with the token, and failures in words that help. */
export class DagsHubConnection {
  readonly host: string;
  readonly repo: string;
  /** Path of the repository's API. */
  readonly repoPath: string;
  private readonly http: Http;
  private readonly redirectedHttp: Http;

  constructor(options: ConnectionOptions) {
    if (!/^[\w.-]+\/[\w.-]+$/.test(options.repo))
      throw new DomainError(`A DagsHub repository is named OWNER/NAME, not "${options.repo}".`);
    this.host = options.host.replace(/\/+$/, '');
    this.repo = options.repo;
    this.repoPath = `/api/v1/repos/${options.repo}`;
    const common = {
      service: 'DagsHub',
      baseUrl: this.host,
      headers: () => ({ authorization: `Bearer ${options.token}`, ...traceparentHeader() }),
      requestIdHeader: supportIdHeader,
      secrets: [options.token],
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    };
    const dispatcher = options.dispatcher ?? getGlobalDispatcher();
    this.http = new Http({ ...common, dispatcher });
    // The interceptor drops the Authorization header when a redirect leads to another origin.
    const redirecting = dispatcher.compose(interceptors.redirect({ maxRedirections: 5 }));
    this.redirectedHttp = new Http({ ...common, dispatcher: redirecting });
  }

  async json<Schema extends z.ZodType>(request: HttpRequest, schema: Schema): Promise<z.output<Schema>> {
    return this.explained(() => this.http.json(request, schema));
  }

  /** Bytes of a file, wherever its URL redirects to. A page in its place is no file. */
  async file(request: HttpRequest): Promise<Uint8Array> {
    const file = await this.versionedFile(request);
    if (!file) throw new UnexpectedResponseError(`DagsHub: GET ${request.path}: answered 304, unasked`);
    return file.bytes;
  }

  /**
   * As {@link file}, with its ETag; null when the answer is 304 and the request accepts it.
   *
   * @param room - Gives where the bytes go, where the server tells how many they are.
   */
  async versionedFile(
    request: HttpRequest,
    room: Room = (bytes) => new Uint8Array(bytes),
  ): Promise<VersionedFile | null> {
    return this.explained(async () => {
      const { status, headers, body } = await this.redirectedHttp.download(request, room);
      if (status === 304) return null;
      const { etag } = headers;
      return {
        bytes: await this.redirectedHttp.read(request, () => body.bytes()),
        version: typeof etag === 'string' ? etag : null,
      };
    });
  }

  /**
   * The operation's data. `failedScans` of the answer's extensions says why a local engine's scans failed, by datasource id.
   *
   * @throws ServiceRejectedError with the server's words when the answer holds `errors`, which come with status 200.
   */
  async graphql<Schema extends z.ZodType>(
    operation: { document: string; variables: Record<string, unknown>; signal?: AbortSignal | undefined },
    schema: Schema,
  ): Promise<{ data: z.output<Schema>; failedScans: Record<string, string> }> {
    const { document: query, variables, signal } = operation;
    const path = `${this.repoPath}/data-engine/graphql`;
    const { value: envelope, headers } = await this.explained(() =>
      this.http.jsonWithHeaders({ method: 'POST', path, json: { query, variables }, signal }, envelopeSchema),
    );
    const [, name = 'GraphQL'] = /^\s*(?:query|mutation)\s+(\w+)/.exec(query) ?? [];
    const subject = `DagsHub: ${name} in ${this.repo}`;
    const id = headers[supportIdHeader.toLowerCase()];
    const support = id === undefined ? '' : ` (request ${String(id)})`;
    if (envelope.errors.length > 0)
      throw new ServiceRejectedError(
        `${subject}: ${this.http.withoutSecrets(envelope.errors.map((error) => error.message).join('; '))}${support}`,
        { status: 200 },
      );
    const parsed = schema.safeParse(envelope.data);
    if (parsed.success) return { data: parsed.data, failedScans: readFailedScans(envelope.extensions) };
    const issue = parsed.error.issues[0];
    throw new UnexpectedResponseError(
      `${subject}: unexpected answer at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? ''}${support}`,
      { cause: parsed.error },
    );
  }

  /** Says what to do about a refused token, and which repository is not there. */
  private async explained<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ServiceRejectedError)) throw error;
      const advice = this.advice(error.status);
      if (!advice) throw error;
      throw new ServiceRejectedError(`${advice} (${error.message})`, { status: error.status, cause: error });
    }
  }

  private advice(status: number): string | undefined {
    switch (status) {
      case 401:
        return `${this.host} does not accept the token: check DAGSHUB_USER_TOKEN.`;
      case 403:
        return `The token in DAGSHUB_USER_TOKEN may not do this in ${this.repo} on ${this.host}.`;
      case 404:
        return `Not found in the repository ${this.repo} on ${this.host}; if the repository exists, check that DAGSHUB_USER_TOKEN may read it.`;
      default:
        return undefined;
    }
  }
}

function readFailedScans(extensions: Record<string, unknown> | null | undefined): Record<string, string> {
  const failedScans = extensions?.['failedScans'];
  return failedScans === undefined ? {} : (failedScansSchema.safeParse(failedScans).data ?? {});
}
