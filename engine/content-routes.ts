import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { isPlainPath } from './plain-path.ts';
import { fileBelow, parseRootUrl, pathBelow, type Root } from './roots.ts';

/** A file or folder, as the content API tells it. */
interface ContentEntry {
  /** In the repository; or with scheme and bucket before it. */
  readonly path: string;
  readonly type: 'dir' | 'file';
  readonly size: number;
  readonly hash: string;
  readonly versioning: 'git' | 'bucket';
  readonly download_url: string;
  readonly content_url: string;
}

type Place = { readonly root: Root; readonly revision: string | null; readonly path: string };

const pageSize = 1000;

/**
 * What lies below the roots, a folder at a time: `…/content/REVISION/PATH`, a list, and `…/storage/content/SCHEME/BUCKET/PREFIX`, in pages
 * continued with `from_token`. A path of a file answers that file alone.
 */
export function addContentRoutes(
  server: FastifyInstance,
  options: { base: string; repo: string; roots: readonly Root[] },
): void {
  const { base, repo } = options;
  const places = options.roots.map((root): Place => {
    const { scheme, container, prefix } = parseRootUrl(root.url, repo);
    const parts = scheme === 'repo' ? [prefix] : [scheme, container, prefix];
    return { root, revision: scheme === 'repo' ? container : null, path: parts.filter(Boolean).join('/') };
  });

  server.get<{ Params: { '*': string } }>(`${base}/content/*`, async (request, reply) => {
    const [, revision = '', wanted = ''] = /^([^/]+)\/?(.*)$/.exec(request.params['*']) ?? [];
    const found = await list(
      places.filter((place) => place.revision === revision),
      trimmed(wanted),
      entryOf(`${request.protocol}://${request.host}${base}`, revision),
    );
    return found ?? reply.code(404).send({ message: `There is no ${wanted || '/'} at ${revision}.` });
  });

  server.get<{ Params: { '*': string }; Querystring: { from_token?: string } }>(
    `${base}/storage/content/*`,
    async (request, reply) => {
      const wanted = trimmed(request.params['*']);
      const found = await list(
        places.filter((place) => place.revision === null),
        wanted,
        entryOf(`${request.protocol}://${request.host}${base}`, null),
      );
      if (!found) return reply.code(404).send({ message: `There is no ${wanted} in storage.` });
      if (!Array.isArray(found)) return found;
      const rest = found.filter((entry) => entry.path > (request.query.from_token ?? ''));
      const page = rest.slice(0, pageSize);
      return { entries: page, next_token: rest.length > pageSize ? (page.at(-1)?.path ?? null) : null };
    },
  );
}

type ToEntry = (place: string, type: 'dir' | 'file', size: number, identity: string) => ContentEntry;

/** One file, or the entries of a folder in the order of their paths; null when nothing is there. */
async function list(
  places: readonly Place[],
  wanted: string,
  toEntry: ToEntry,
): Promise<ContentEntry | ContentEntry[] | null> {
  for (const place of places) {
    const below = pathBelow(place.path, wanted);
    const folder =
      below === '' ? place.root.folder : below === null ? null : await fileBelow(place.root, below);
    if (folder === null) continue;
    const info = await stat(folder);
    if (info.isFile()) return toEntry(wanted, 'file', info.size, String(info.mtimeMs));
    return entriesOf(place.root, folder, wanted, toEntry);
  }
  const above = places.flatMap((place) => pathBelow(wanted, place.path)?.split('/')[0] || []);
  if (above.length === 0) return null;
  return [...new Set(above)].sort().map((name) => toEntry(joined(wanted, name), 'dir', 0, ''));
}

async function entriesOf(root: Root, folder: string, at: string, toEntry: ToEntry): Promise<ContentEntry[]> {
  const names = (await readdir(folder)).filter(isPlainPath).sort((one, other) => (one < other ? -1 : 1));
  const entries = await Promise.all(
    names.map(async (name): Promise<ContentEntry | null> => {
      const file = await fileBelow(
        root,
        path.relative(root.folder, path.join(folder, name)).split(path.sep).join('/'),
      );
      const info = file === null ? null : await stat(file);
      if (info?.isFile()) return toEntry(joined(at, name), 'file', info.size, String(info.mtimeMs));
      return info?.isDirectory() ? toEntry(joined(at, name), 'dir', 0, '') : null;
    }),
  );
  return entries.filter((entry) => entry !== null);
}

function entryOf(api: string, revision: string | null): ToEntry {
  const [raw, content] =
    revision === null ? ['storage/raw', 'storage/content'] : [`raw/${revision}`, `content/${revision}`];
  return (place, type, size, identity) => {
    const encoded = place.split('/').map(encodeURIComponent).join('/');
    return {
      path: place,
      type,
      size,
      hash: createHash('md5').update(`${place}\n${size}\n${identity}`).digest('hex'),
      versioning: revision === null ? 'bucket' : 'git',
      download_url: `${api}/${raw}/${encoded}`,
      content_url: `${api}/${content}/${encoded}`,
    };
  };
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function trimmed(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}
