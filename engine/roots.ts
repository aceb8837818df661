import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DatasourceType } from './datasource-store.ts';
import { EngineError } from './engine-error.ts';
import { isPlainPath } from './plain-path.ts';

/** A folder that stands for a bucket's prefix or a repository's path. */
export interface Root {
  /** `s3://bucket/prefix` or `repo://owner/name/revision:prefix`, without a trailing slash. */
  readonly url: string;
  /** The folder's real path. */
  readonly folder: string;
}

/** A root URL taken apart. `place` is what stands in the path of its raw URLs. */
export interface RootUrl {
  readonly type: DatasourceType;
  /** `s3`, `gs`, `azure`, or `repo`. */
  readonly scheme: string;
  /** Bucket, or revision. */
  readonly container: string;
  readonly prefix: string;
}

const rootSchema = z.object({ url: z.string(), folder: z.string() });

/** Folders checked and made real, so that links out of them can be told. @throws EngineError naming what is wrong. */
export async function openRoots(
  roots: readonly { url: string; folder: string }[],
  repo: string,
): Promise<Root[]> {
  return Promise.all(
    roots.map(async (root) => {
      const { url, folder } = rootSchema.parse(root);
      const parsed = parseRootUrl(url, repo);
      const info = await stat(folder).catch(() => null);
      if (!info?.isDirectory())
        throw new EngineError(
          `The folder ${path.resolve(folder)} of ${url} ${info ? 'is no folder' : 'does not exist'}.`,
        );
      return { url: formatRootUrl(parsed, repo), folder: await realpath(folder) };
    }),
  );
}

/** @throws EngineError for another form or another repository. */
export function parseRootUrl(url: string, repo: string): RootUrl {
  const bucket = /^(s3|gs|azure):\/\/([\w.-]+)(\/.*)?$/.exec(url);
  const repository = /^repo:\/\/([\w.-]+\/[\w.-]+)\/([^:]+):(.*)$/.exec(url);
  const found = bucket
    ? {
        type: 'BUCKET' as const,
        scheme: bucket[1] ?? '',
        container: bucket[2] ?? '',
        prefix: bucket[3] ?? '',
      }
    : repository?.[1] === repo
      ? {
          type: 'REPOSITORY' as const,
          scheme: 'repo',
          container: repository[2] ?? '',
          prefix: repository[3] ?? '',
        }
      : null;
  const prefix = found?.prefix.replace(/^\/+|\/+$/g, '') ?? '';
  if (found && isPlainPath(found.container) && (prefix === '' || isPlainPath(prefix)))
    return { ...found, prefix };
  throw new EngineError(`"${url}" is no root: use s3://BUCKET/PREFIX or repo://${repo}/REVISION:PREFIX.`);
}

export function formatRootUrl(root: RootUrl, repo: string): string {
  if (root.scheme === 'repo') return `repo://${repo}/${root.container}:${root.prefix}`;
  return `${root.scheme}://${root.container}${root.prefix && `/${root.prefix}`}`;
}

/** Whether two spellings name the same place. */
export function sameRootUrl(one: string, other: string, repo: string): boolean {
  return formatRootUrl(parseRootUrl(one, repo), repo) === formatRootUrl(parseRootUrl(other, repo), repo);
}

/** The folder of a root URL, or of a place below one that is served; null when none is. */
export function folderOf(
  roots: readonly Root[],
  url: string,
  repo: string,
): { root: Root; folder: string } | null {
  const wanted = parseRootUrl(url, repo);
  for (const root of roots) {
    const own = parseRootUrl(root.url, repo);
    if (own.scheme !== wanted.scheme || own.container !== wanted.container) continue;
    const below = pathBelow(own.prefix, wanted.prefix);
    if (below !== null) return { root, folder: path.join(root.folder, below) };
  }
  return null;
}

/** What is left of `whole` behind `prefix`; null when it does not start with it. */
export function pathBelow(prefix: string, whole: string): string | null {
  if (prefix === '' || whole === prefix) return prefix === '' ? whole : '';
  return whole.startsWith(`${prefix}/`) ? whole.slice(prefix.length + 1) : null;
}

/** The real file of a path below a root; null when there is none, or a link leads out of the root. */
export async function fileBelow(root: Root, relative: string): Promise<string | null> {
  if (!isPlainPath(relative)) return null;
  const real = await realpath(path.join(root.folder, relative)).catch(() => null);
  return real !== null && isInside(root.folder, real) ? real : null;
}

export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return (
    relative !== '' &&
    relative !== '..' &&
    !relative.startsWith(`..${path.sep}`) &&
    !path.isAbsolute(relative)
  );
}
