import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { addAnnotationRoutes, isAnnotationPage } from './annotation-routes.ts';
import { isAuthorized } from './authenticate.ts';
import { BlobStore } from './blob-store.ts';
import { Clock } from './clock.ts';
import { addContentRoutes } from './content-routes.ts';
import { openDatabase, type Database } from './database.ts';
import { DatasetStore } from './dataset-store.ts';
import { DatasourceStore } from './datasource-store.ts';
import { EngineError } from './engine-error.ts';
import { FieldStore } from './field-store.ts';
import { addForwardRoutes, type Upstream } from './forward-routes.ts';
import { addGraphqlRoute } from './graphql-route.ts';
import { addImportRoute } from './import-route.ts';
import { MetadataStore } from './metadata-store.ts';
import { migrate } from './migrations.ts';
import { addRawRoutes, isPublicImageRequest } from './raw-routes.ts';
import { addRepositoryRoutes } from './repository-routes.ts';
import { addUsageRoute } from './usage-route.ts';
import { openRoots, type Root } from './roots.ts';
import { Scanner, type EngineLog } from './scanner.ts';
import { silentConnections } from './silent-connections.ts';
import { supportIdHeader } from './support-id.ts';

export interface EngineOptions {
  /** Made when missing; holds one SQLite file, blobs included. One engine a folder. */
  readonly dataDir: string;
  /** `owner/name`: the one repository this engine is. */
  readonly repo: string;
  readonly token: string;
  /** Login that `GET /api/v1/user` answers; the repository's owner by default. */
  readonly user?: string;
  readonly roots: readonly { readonly url: string; readonly folder: string }[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Images of the roots need no token, for Label Studio's browsers. Default false. */
  readonly publicImages?: boolean;
  /** The server behind `HOST/REPO.mlflow`. */
  readonly mlflow?: Omit<Upstream, 'title'>;
  /** The server behind `HOST/REPO/annotations/de`. */
  readonly labelStudio?: Omit<Upstream, 'title'>;
  /** Milliseconds since 1970 that changes are dated with; the machine's clock by default. */
  readonly nowMs?: () => number;
  /** Nothing is logged by default. */
  readonly logger?: EngineLog;
}

export interface Engine {
  /** Without a trailing slash: what `DAGSHUB_CLIENT_HOST` should be. */
  readonly url: string;
  /** Ends scans and requests, then closes the files. */
  close(): Promise<void>;
}

const silent: EngineLog = { info: () => undefined, warn: () => undefined };

/** Starts a local Data Engine, which speaks DagsHub's protocol. @throws EngineError for options it cannot run with. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(options.repo))
    throw new EngineError(`The repository is named OWNER/NAME, not "${options.repo}".`);
  if (options.token.trim() === '') throw new EngineError('The engine needs a token that is not empty.');
  const roots = await openRoots(options.roots, options.repo);
  await mkdir(options.dataDir, { recursive: true });
  const database = openDatabase(path.join(options.dataDir, 'engine.sqlite'));
  try {
    migrate(database);
    return await serve(options, roots, database);
  } catch (error) {
    database.close();
    throw error;
  }
}

async function serve(options: EngineOptions, roots: readonly Root[], database: Database): Promise<Engine> {
  const { repo, logger: log = silent } = options;
  const fields = new FieldStore(database);
  const blobs = new BlobStore(database);
  const datasources = new DatasourceStore(database);
  const clock = new Clock(database, options.nowMs);
  const datasets = new DatasetStore({ database, clock });
  const metadata = new MetadataStore({ database, fields, blobs, clock });
  const scanner = new Scanner({ datasources, metadata, roots, repo, log });
  const base = `/api/v1/repos/${repo}`;

  const server = fastify({
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 5000 },
    genReqId: () => randomBytes(8).toString('hex'),
  });
  const unasked = silentConnections(server.server);
  addGuards(server, options, base, log);
  server.get('/health', () => ({ status: 'ok' }));
  const [owner = ''] = repo.split('/');
  addRepositoryRoutes(server, {
    base,
    repo,
    user: options.user ?? owner,
    roots,
    blobs,
    startedAt: new Date(),
  });
  addUsageRoute(server);
  if (options.mlflow)
    addForwardRoutes(server, {
      prefix: `/${repo}.mlflow`,
      upstream: { ...options.mlflow, title: 'MLflow' },
      log,
    });
  if (options.labelStudio)
    addForwardRoutes(server, {
      prefix: `/${repo}/annotations/de`,
      upstream: { ...options.labelStudio, title: 'Label Studio' },
      log,
    });
  addContentRoutes(server, { base, repo, roots });
  addRawRoutes(server, { base, roots, repo });
  addGraphqlRoute(server, {
    path: `${base}/data-engine/graphql`,
    parts: { clock, database, datasets, datasources, fields, metadata, scanner, roots, repo },
    log,
  });

  addAnnotationRoutes(server, {
    base,
    repo,
    labelStudio: options.labelStudio ?? null,
    parts: { database, datasources, fields },
    log,
  });
  addImportRoute(server, {
    path: `${base}/data-engine/import/metadata`,
    folder: path.join(options.dataDir, 'imports'),
    parts: { datasources, fields, metadata },
  });

  const url = await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  scanner.resume();
  return {
    url,
    async close() {
      unasked.destroy();
      await server.close();
      await scanner.stop();
      database.close();
    },
  };
}

/** Who may ask, and what is answered when something is wrong. */
function addGuards(server: FastifyInstance, options: EngineOptions, base: string, log: EngineLog): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url === '/health' || isAuthorized(request.headers.authorization, options.token)) return;
    if (isAnnotationPage(request.url, options.repo)) return;
    if (
      isPublicImageRequest(request, base) &&
      (options.publicImages === true || request.method === 'OPTIONS')
    )
      return;
    await reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .header('access-control-allow-origin', '*')
      .send({ message: 'The token is missing or wrong.' });
  });
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode >= 400) void reply.header(supportIdHeader, request.id);
    return payload;
  });
  server.setNotFoundHandler((request, reply) => {
    const address = request.url.split('?')[0] ?? '';
    const [, viaApi, viaPage] =
      /^\/(?:api\/v1\/repos\/([^/]+\/[^/]+)|([^/]+\/[^/]+?)(?:\.mlflow|\/annotations)(?:\/|$))/.exec(
        address,
      ) ?? [];
    const wanted = viaApi ?? viaPage;
    const missing = missingServer(address, options.repo);
    if (missing !== null)
      return reply.code(404).send({ message: `Start the engine with ${missing} URL to serve ${address}.` });
    const message =
      wanted !== undefined && wanted !== options.repo
        ? `There is no repository ${wanted}; this engine serves ${options.repo}.`
        : `This engine has no ${request.method} ${address}.`;
    return reply.code(404).send({ message });
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ message: error.message });
    const address = request.url.split('?')[0] ?? '';
    log.warn(`${request.method} ${address} failed (${request.id}): ${error.stack ?? error.message}`);
    return reply.code(500).send({ message: 'The engine failed; its log says why.' });
  });
}

/** The flag that names the server behind an address of the repository; null for other addresses. */
function missingServer(address: string, repo: string): string | null {
  const below = (prefix: string) => address === prefix || address.startsWith(`${prefix}/`);
  if (below(`/${repo}.mlflow`)) return '--mlflow';
  return below(`/${repo}/annotations/de`) ? '--label-studio' : null;
}
