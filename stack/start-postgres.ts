import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PostgresBinaries } from './find-postgres.ts';
import type { PostgresOwner } from './postgres-owner.ts';
import { freePort } from './ports.ts';
import { runCommand } from './run-command.ts';
import { serverEnvironment } from './server-environment.ts';
import type { StackContext } from './stack-context.ts';
import { StackError } from './stack-error.ts';

/** A private cluster on a free port of loopback; made on first use. Answers the variables that lead Label Studio to it. */
export async function startPostgres(
  context: StackContext,
  binaries: PostgresBinaries,
  owner: PostgresOwner,
): Promise<Record<string, string>> {
  const { folder, user } = owner;
  const env = serverEnvironment(context.env, { LC_ALL: 'C.UTF-8' });
  const data = join(folder, 'data');
  if ((await clusterVersion(folder)) === null) await makeCluster(context, binaries, owner, env);
  const port = await freePort();
  context.report('postgres', 'start', `Starting PostgreSQL ${binaries.version} for Label Studio`);
  await context.run({
    name: 'postgres',
    title: 'PostgreSQL',
    file: join(binaries.bin, 'postgres'),
    args: [
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
      // TCP is enough, and the path of a socket must be short.
      ...['-c', 'unix_socket_directories='],
    ],
    env,
    cwd: folder,
    ...user,
    isReady: () => isReady(data),
    readyWithinMs: 60_000,
    // Fast: ends sessions instead of waiting for them.
    stopSignal: 'SIGINT',
  });
  context.report('postgres', 'ready', `PostgreSQL ${binaries.version} in ${folder}`);
  return {
    LABEL_STUDIO_DJANGO_DB: 'default',
    LABEL_STUDIO_POSTGRE_NAME: 'postgres',
    LABEL_STUDIO_POSTGRE_USER: 'labelloop',
    LABEL_STUDIO_POSTGRE_PASSWORD: context.secrets.postgresPassword,
    LABEL_STUDIO_POSTGRE_HOST: '127.0.0.1',
    LABEL_STUDIO_POSTGRE_PORT: String(port),
  };
}

/** Major version of the cluster in a folder; null when there is none. */
export async function clusterVersion(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'data', 'PG_VERSION'), 'utf8').catch(() => null);
  return text === null ? null : Number.parseInt(text, 10);
}

/** Made aside and renamed when complete, so that a killed attempt leaves nothing that looks like a cluster. */
async function makeCluster(
  context: StackContext,
  { bin, version }: PostgresBinaries,
  { folder, user }: PostgresOwner,
  env: Record<string, string>,
): Promise<void> {
  context.report('postgres', 'install', `Making a PostgreSQL ${version} cluster in ${folder}`);
  const draft = join(folder, 'draft');
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  // A file, since /dev/stdin cannot be opened where it is a socket, as Node's pipes are.
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${context.secrets.postgresPassword}\n`, { mode: 0o600 });
  if (user) for (const path of [folder, draft, passwordFile]) await chown(path, user.uid, user.gid);
  const args = [
    '-D',
    draft,
    '-U',
    'labelloop',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--no-instructions',
  ];
  const made = await runCommand(join(bin, 'initdb'), args, {
    cwd: folder,
    env,
    signal: context.signal,
    ...user,
  });
  await rm(passwordFile, { force: true });
  await rm(passwordFile, { force: true });
  if (made.code !== 0)
    throw new StackError(`initdb of PostgreSQL ${version} failed: ${made.lines.slice(-5).join(' ').trim()}`);
  await rename(draft, join(folder, 'data'));
}

/** Line 8 of `postmaster.pid` tells the state. */
async function isReady(data: string): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  return lines[7]?.trim() === 'ready';
}
