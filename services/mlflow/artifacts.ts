import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DomainError, ServiceRejectedError, ServiceUnavailableError } from '../../core/errors.ts';
import type { ArtifactEntry, ExperimentTracker, RunRef } from '../../core/ports.ts';
import type { Http, HttpRequest } from '../http.ts';

/** A big file may take the server a while to store. */
const timeoutMs = 600_000;

const filesSchema = z.looseObject({
  files: z
    .array(
      z.looseObject({
        path: z.string(),
        is_dir: z.boolean().default(false),
        file_size: z.coerce.number().optional(),
      }),
    )
    .default([]),
  next_page_token: z.string().optional(),
});
type StoredFile = z.output<typeof filesSchema>['files'][number];

/** Puts bytes at a fixed path, and compares what the server then has. A connection cut half way leaves nothing there. */
export async function putArtifact(
  http: Http,
  input: Parameters<ExperimentTracker['putArtifact']>[0],
  signal?: AbortSignal,
): Promise<void> {
  const path = artifactPath(input.run, input.path);
  const size = 'file' in input ? (await stat(input.file)).size : input.bytes.byteLength;
  await http.text({
    method: 'PUT',
    path,
    body: 'file' in input ? createReadStream(input.file) : input.bytes,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    timeoutMs,
    signal,
  });
  const folder = posix.dirname(input.path);
  const files = await listFiles(http, { run: input.run, path: folder === '.' ? '' : folder }, signal);
  const stored = files.find((file) => file.path === input.path);
  const storedSize = stored ? (stored.file_size ?? size) : 0;
  if (!stored || storedSize !== size)
    throw new ServiceUnavailableError(`MLflow: stored ${storedSize} of ${size} bytes of ${input.path}.`);
}

/** What lies right below a folder, by path; a folder that is not there is empty. */
export async function listArtifacts(
  http: Http,
  input: Parameters<ExperimentTracker['listArtifacts']>[0],
  signal?: AbortSignal,
): Promise<ArtifactEntry[]> {
  const files = await listFiles(http, input, signal);
  return files
    .map(({ path, is_dir: isFolder }) => ({ path, isFolder }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFiles(
  http: Http,
  { run, path }: { run: RunRef; path: string },
  signal: AbortSignal | undefined,
): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  let token: string | undefined;
  do {
    const query = {
      run_id: run.runId,
      ...(path !== '' && { path }),
      ...(token !== undefined && { page_token: token }),
    };
    const listing = { method: 'GET', path: '/api/2.0/mlflow/artifacts/list', query, signal } as const;
    const page = await http.json(listing, filesSchema);
    found.push(...page.files);
    token = page.next_page_token === '' ? undefined : page.next_page_token;
  } while (token !== undefined);
  return found;
}

/**
 * Streams an artifact beside the file, and renames it when it is whole.
 *
 * @throws DomainError when it is not there.
 */
export async function getArtifact(
  http: Http,
  { run, path, file }: Parameters<ExperimentTracker['getArtifact']>[0],
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const request: HttpRequest = { method: 'GET', path: artifactPath(run, path), timeoutMs, signal };
  const { body } = await http.sendForFile(request).catch((error: unknown) => {
    if (error instanceof ServiceRejectedError && error.status === 404)
      throw new DomainError(`MLflow: run ${run.runId} has no artifact ${path}.`, { cause: error });
    throw error;
  });
  const aside = `${file}.${randomUUID()}`;
  const target = createWriteStream(aside);
  let diskError: Error | undefined;
  target.once('error', (error) => (diskError = error));
  try {
    await http.read(request, () => pipeline(body, target, signal ? { signal } : {}));
    await rename(aside, file);
  } catch (error) {
    // The disk is none of the server's fault; pipeline hands on whichever side broke.
    const cause = error instanceof Error ? error.cause : undefined;
    throw diskError !== undefined && cause === diskError ? diskError : error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Where the server's artifact proxy has a run's file. */
function artifactPath({ artifactUri, runId }: RunRef, path: string): string {
  if (path === '' || path.split('/').some((part) => ['', '.', '..'].includes(part)))
    throw new DomainError(`"${path}" is no path of an artifact.`);
  const root = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(artifactUri)?.[1];
  if (root === undefined)
    throw new DomainError(
      `MLflow keeps the artifacts of run ${runId} at ${artifactUri}; labelloop reads them through the server. Start it with --serve-artifacts.`,
    );
  const encoded = `${root}/${path}`.split('/').map(encodeURIComponent).join('/');
  return `/api/2.0/mlflow-artifacts/artifacts/${encoded}`;
}
