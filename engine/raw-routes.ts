import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendFile } from './file-response.ts';
import { isImagePath } from './image-scan.ts';
import { fileBelow, parseRootUrl, pathBelow, type Root } from './roots.ts';

interface RawOptions {
  /** `/api/v1/repos/OWNER/NAME`. */
  readonly base: string;
  readonly roots: readonly Root[];
  readonly repo: string;
}

const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Content-Length, Content-Range, Accept-Ranges',
};

/** Bytes of the files below the roots: `…/storage/raw/SCHEME/BUCKET/PREFIX/PATH` and `…/raw/REVISION/PREFIX/PATH`. */
export function addRawRoutes(server: FastifyInstance, options: RawOptions): void {
  const places = options.roots.map((root) => {
    const { scheme, container, prefix } = parseRootUrl(root.url, options.repo);
    const parts =
      scheme === 'repo' ? ['raw', container, prefix] : ['storage', 'raw', scheme, container, prefix];
    return { root, place: parts.filter((part) => part !== '').join('/') };
  });

  async function send(request: FastifyRequest, reply: FastifyReply) {
    const wanted = rawPath(request, options.base);
    for (const { root, place } of places) {
      const below = wanted === null ? null : pathBelow(place, wanted);
      const file = below === null ? null : await fileBelow(root, below);
      if (file !== null) return sendFile(request, reply.headers(corsHeaders), file);
    }
    return reply.headers(corsHeaders).code(404).send({ message: 'There is no such file.' });
  }

  for (const url of [`${options.base}/storage/raw/*`, `${options.base}/raw/*`]) {
    server.route({ method: ['GET', 'HEAD'], url, exposeHeadRoute: false, handler: send });
    server.options(url, (_request, reply) =>
      reply
        .headers({
          ...corsHeaders,
          'access-control-allow-methods': 'GET, HEAD',
          'access-control-allow-headers': 'Authorization, Range, If-None-Match',
          'access-control-max-age': '86400',
        })
        .code(204)
        .send(),
    );
  }
}

/** Whether the request asks for an image, which `publicImages` gives to everybody, or asks what it may ask. */
export function isPublicImageRequest(request: FastifyRequest, base: string): boolean {
  const wanted = rawPath(request, base);
  if (wanted === null || !/^(storage\/)?raw\//.test(wanted)) return false;
  return (
    request.method === 'OPTIONS' ||
    ((request.method === 'GET' || request.method === 'HEAD') && isImagePath(wanted))
  );
}

/** The decoded path behind the repository's; null when it is none. */
function rawPath(request: FastifyRequest, base: string): string | null {
  const [encoded = ''] = request.url.split('?');
  try {
    return pathBelow(base, decodeURIComponent(encoded));
  } catch {
    return null;
  }
}
