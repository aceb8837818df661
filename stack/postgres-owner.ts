import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.ts';

/** As whom a PostgreSQL cluster runs, and where it can live. */
export interface PostgresOwner {
  /** Absent: as ourselves. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly folder: string;
}

/**
 * PostgreSQL refuses to run as root, so root hands it to the user `postgres` or `nobody`. Such a user may be unable to walk into the data
 * folder (`/root` is closed); the cluster then lives below `/var/lib/labelloop`, named by an id that the data folder keeps. Null when
 * there is no such user.
 */
export async function postgresOwner(input: {
  dataDir: string;
  clusterId: string;
}): Promise<PostgresOwner | null> {
  const inside = join(input.dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { folder: inside };
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user === null) return null;
  const isOpen = ancestors(input.dataDir).every((folder) => (statSync(folder).mode & 0o001) !== 0);
  return { user, folder: isOpen ? inside : outsideFolder(input.clusterId) };
}

/** Where a cluster lives that cannot live in its data folder. */
export function outsideFolder(clusterId: string): string {
  return join('/var/lib/labelloop', clusterId);
}

async function lookUp(name: string): Promise<{ uid: number; gid: number } | null> {
  const [uid, gid] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return null;
  return { uid: Number(uid.lines[0]), gid: Number(gid.lines[0]) };
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
