import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgres } from './find-postgres.ts';
import { postgresOwner } from './postgres-owner.ts';
import type { StackContext } from './stack-context.ts';
import { StackError } from './stack-error.ts';
import { clusterVersion, startPostgres } from './start-postgres.ts';

/** The variables that tell Label Studio its database, and the words that tell a person. */
export interface LabelStudioDatabase {
  readonly env: Record<string, string>;
  readonly words: string;
}

/**
 * PostgreSQL when at hand: `LABELLOOP_POSTGRES_URL`, else a private cluster of this machine's PostgreSQL; otherwise SQLite, which loses
 * predictions under load. What a data folder once used it keeps using, or its projects would seem gone.
 */
export async function labelStudioDatabase(
  context: StackContext,
  labelStudioDir: string,
): Promise<LabelStudioDatabase> {
  const given = context.env['LABELLOOP_POSTGRES_URL'];
  if (given) return givenDatabase(given);
  await mkdir(labelStudioDir, { recursive: true });
  if (existsSync(join(labelStudioDir, 'label_studio.sqlite3'))) return sqlite('SQLite, as before');
  const owner = await postgresOwner({ dataDir: context.dataDir, clusterId: context.secrets.clusterId });
  const installed = await findPostgres(context.env);
  if (owner === null) return sqlite('SQLite: PostgreSQL does not run as root, and there is no user for it');
  const version = await clusterVersion(owner.folder);
  const binaries = version === null ? installed[0] : installed.find((one) => one.version === version);
  if (binaries) {
    const env = await startPostgres(context, binaries, owner);
    return { env, words: `PostgreSQL ${binaries.version}` };
  }
  if (version !== null)
    throw new StackError(
      `Label Studio's data is in a cluster of PostgreSQL ${version} (${owner.folder}), which is not installed; install it again.`,
    );
  return sqlite('SQLite: no PostgreSQL is installed; with one, imports under load are safe');
}

function sqlite(words: string): LabelStudioDatabase {
  return { env: { LABEL_STUDIO_DJANGO_DB: 'sqlite' }, words };
}

function givenDatabase(text: string): LabelStudioDatabase {
  const url = URL.canParse(text) ? new URL(text) : null;
  const name = url?.pathname.slice(1) ?? '';
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '' || name === '')
    throw new StackError('LABELLOOP_POSTGRES_URL must be postgres://USER:PASSWORD@HOST:PORT/DATABASE.');
  return {
    env: {
      LABEL_STUDIO_DJANGO_DB: 'default',
      LABEL_STUDIO_POSTGRE_NAME: decodeURIComponent(name),
      LABEL_STUDIO_POSTGRE_USER: decodeURIComponent(url.username),
      LABEL_STUDIO_POSTGRE_PASSWORD: decodeURIComponent(url.password),
      LABEL_STUDIO_POSTGRE_HOST: url.hostname,
      LABEL_STUDIO_POSTGRE_PORT: url.port || '5432',
    },
    words: `PostgreSQL at ${url.hostname}`,
  };
}
