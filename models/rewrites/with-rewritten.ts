import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startThread } from '../node-entry.ts';

/**
 * Gives `load` the file of a rewritten model, which is there until it is done; null where the model is best loaded as it is.
 *
 * The rules are about the layout that ONNX Runtime computes in on x86-64.
 */
export async function withRewritten<T>(
  modelDir: string,
  load: (file: string | null) => Promise<T>,
): Promise<T> {
  if (process.arch !== 'x64') return load(null);
  // A disk that takes no file is no reason to load nothing.
  const into = await mkdtemp(join(tmpdir(), 'labelloop-model-')).catch(() => null);
  if (into === null) return load(null);
  try {
    const thread = startThread(import.meta.url, 'rewrite-thread', { modelDir, into });
    const said: (string | null)[] = [];
    thread.once('message', (file: string | null) => said.push(file));
    // A thread that ends while its neighbour loads a model would take the process along.
    await once(thread, 'exit');
    return await load(said[0] ?? null);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
