import { createHash } from 'node:crypto';
import { extname, join } from 'node:path';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedFile } from './blob-cache.ts';

/** The image of a datapoint as a local file, fetched once. The name is a hash, so no path of a dataset reaches the disk. */
export async function localImage(
  { engine, workDir }: Pick<ActivityDeps, 'engine' | 'workDir'>,
  image: { rootUrl: string; path: string },
  signal: AbortSignal,
): Promise<string> {
  const name = createHash('sha256').update(`${image.rootUrl}\n${image.path}`).digest('hex');
  const file = join(workDir, 'images', name.slice(0, 2), `${name}${extname(image.path).toLowerCase()}`);
  await cachedFile(file, () => engine.fetchImage(image, signal));
  return file;
}
