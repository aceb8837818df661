import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { trimModels } from './trim-models.ts';

/** The files of a model folder, in the order they are uploaded: the card comes last and makes the folder complete. */
export const modelArtifacts = ['model.onnx', 'model.json'] as const;
const [networkName, cardName] = modelArtifacts;

/** What of a card tells one model from another: the network's bytes, and how they are fed and read. */
const contentSchema = z.looseObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  classes: z.unknown().optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
});

/** Of the worker's disk, for models that nobody used for a day. */
const keptBytes = 4 * 1024 ** 3;

/** Folders whose network had the right hash, with the file's identity then: a network is hashed once a process, not once a shard. */
const checked = new Map<string, string>();

/**
 * The model of a training run as a local folder, named by its content: runs with the same bytes share it, and the sessions on it. A network
 * that is not what the card says, half there or damaged, is fetched again; with every new one, the old are trimmed.
 *
 * @throws {@link DomainError} when the run's card is none, or MLflow's network is not the card's: final.
 */
export async function modelFolder(
  { tracker, workDir }: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  runId: string,
  signal: AbortSignal,
): Promise<string> {
  const models = join(workDir, 'models');
  const card = join(models, 'runs', runId, cardName);
  const { sha256, classes, input, output } = (await contentOf(card)) ?? (await fetchCard());
  const key = createHash('sha256').update(JSON.stringify([sha256, classes, input, output]));
  const folder = join(models, key.digest('hex'));
  if (!(await isWhole(folder, sha256))) {
    await fill();
    await trimModels(models, /^[0-9a-f]{64}$/, keptBytes);
  }
  const now = new Date();
  await utimes(folder, now, now);
  return folder;

  async function fetchCard(): Promise<z.output<typeof contentSchema>> {
    await fetch(cardName, join(models, 'runs', runId));
    const content = await contentOf(card);
    if (content) return content;
    throw new DomainError(`Run ${runId}: its artifact model/${cardName} is no card of a model.`);
  }

  /** File by file, each renamed to its place, so that nobody who reads the folder meanwhile finds it empty. */
  async function fill(): Promise<void> {
    await fetch(networkName, folder);
    const found = await sha256OfFile(join(folder, networkName));
    if (found !== sha256)
      throw new DomainError(
        `Run ${runId}: its artifact model/${networkName} has the SHA-256 ${found}, but its card says ${sha256}; log both again.`,
      );
    await place(join(folder, cardName), (file) => copyFile(card, file));
  }

  function fetch(name: string, into: string): Promise<void> {
    return place(join(into, name), async (file) => {
      const run = await tracker.getRun(runId, signal);
      await keepAlive(tracker.getArtifact({ run, path: `model/${name}`, file }, signal));
    });
  }

  async function place(file: string, write: (aside: string) => Promise<void>): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    const aside = await mkdtemp(join(models, '.incoming-'));
    try {
      await write(join(aside, 'file'));
      await rename(join(aside, 'file'), file);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
}

/** Null when the file is not there, or no card. */
async function contentOf(card: string): Promise<z.output<typeof contentSchema> | null> {
  const text = await readFile(card, 'utf8').catch(() => '');
  try {
    return contentSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function isWhole(folder: string, sha256: string): Promise<boolean> {
  const network = join(folder, networkName);
  const found = await stat(network).catch(() => null);
  if (!found || !(await contentOf(join(folder, cardName)))) return false;
  const identity = [found.ino, found.size, found.mtimeMs].join(' ');
  if (checked.get(folder) === identity) return true;
  if ((await sha256OfFile(network)) !== sha256) return false;
  checked.set(folder, identity);
  return true;
}

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
