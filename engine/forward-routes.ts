import replyFrom from '@fastify/reply-from';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EngineError } from './engine-error.ts';
import type { EngineLog } from './scanner.ts';

/** A real server that stands behind an address of the repository. */
export interface Upstream {
  /** Its name in messages. */
  readonly title: string;
  /** Without a trailing slash. */
  readonly url: string;
  /** What it wants as `Authorization`; null for nothing. */
  readonly authorization: () => Promise<string | null>;
}

/** What a caller says to us, and not to the server behind. */
const notForwarded = new Set(['authorization', 'cookie', 'origin', 'referer']);
/** A model's upload, or a search, may take its time. */
const answerWithinMs = 10 * 60_000;

/**
 * Everything below an address goes to the server behind it, and its answer comes back; both as streams. The engine's token is checked
 * before and stays here: the server gets the credentials it wants instead.
 */
export function addForwardRoutes(
  server: FastifyInstance,
  options: { prefix: string; upstream: Upstream; log: EngineLog },
): void {
  const { prefix, upstream, log } = options;
  const origin = new URL(upstream.url).origin;
  void server.register(async (scope) => {
    await scope.register(replyFrom, {
      base: origin,
      disableRequestLogging: true,
      undici: { headersTimeout: answerWithinMs, bodyTimeout: answerWithinMs },
    });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, parsed) => parsed(null, body));
    const credentials = new WeakMap<FastifyRequest, string | null>();

    const forward = {
      exposeHeadRoute: false,
      method: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
      preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
        if (!isOrderly(request.url)) {
          await reply.code(400).send({ message: 'The address is no path below this one.' });
          return;
        }
        try {
          credentials.set(request, await upstream.authorization());
        } catch (error) {
          log.warn(`${upstream.title} at ${upstream.url} gives no access: ${String(error)}`);
          const why = error instanceof EngineError ? error.message : `${upstream.title} does not answer.`;
          await reply.code(502).send({ message: why });
        }
      },
    };
    for (const url of [prefix, `${prefix}/*`])
      scope.route({
        ...forward,
        url,
        handler: (request, reply) =>
          reply.from(targetOf(request.url, prefix, upstream.url), {
            retriesCount: 0,
            rewriteRequestHeaders: (original, headers) => {
              const kept = Object.entries(headers).filter(([name]) => !notForwarded.has(name));
              const own = credentials.get(original as FastifyRequest) ?? null;
              return {
                ...Object.fromEntries(kept),
                ...(headers.origin !== undefined && { origin }),
                ...(own !== null && { authorization: own }),
              };
            },
            rewriteHeaders: (headers) => ({
              ...headers,
              ...(headers.location !== undefined && {
                location: comesBack(headers.location, prefix, upstream.url),
              }),
            }),
            onError: (failed, { error }) => {
              log.warn(`${upstream.title} at ${upstream.url} does not answer: ${error.message}`);
              void failed
                .code(502)
                .send({ message: `${upstream.title} does not answer; the engine's log says why.` });
            },
          }),
      });
  });
}

/** Nothing in the path leads up, or to another server, in whatever way it is written. */
function isOrderly(url: string): boolean {
  try {
    const path = decodeURIComponent(url.split('?')[0] ?? '');
    return !path.includes('\\') && path.split('/').every((segment) => segment !== '.' && segment !== '..');
  } catch {
    return false;
  }
}

/** The path to ask for. The query goes along by itself, as it is. */
function targetOf(url: string, prefix: string, upstream: string): string {
  const [below = ''] = url.slice(prefix.length).split('?');
  return `${new URL(upstream).pathname.replace(/\/$/, '')}${below.startsWith('/') ? below : `/${below}`}`;
}

/** A redirect within the server stays within our address. */
function comesBack(location: string, prefix: string, upstream: string): string {
  const target = new URL(location, `${upstream}/`);
  const base = new URL(upstream);
  const path = base.pathname.replace(/\/$/, '');
  if (target.origin !== base.origin || !target.pathname.startsWith(path)) return location;
  return `${prefix}${target.pathname.slice(path.length)}${target.search}${target.hash}`;
}
