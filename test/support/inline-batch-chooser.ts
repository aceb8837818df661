import { readFile } from 'node:fs/promises';
import { GatheredPool } from '../../activities/gathered-pool.ts';
import type { BatchChooser, ChosenBatch } from '../../core/ports.ts';

/** Chooses as the worker's thread does, on this one. */
export class InlineBatchChooser implements BatchChooser {
  async choose(
    { parts, rules }: Parameters<BatchChooser['choose']>[0],
    signal?: AbortSignal,
  ): Promise<ChosenBatch> {
    const pool = new GatheredPool();
    for await (const part of parts) {
      signal?.throwIfAborted();
      if ('rows' in part) pool.addRows(part.rows);
      else pool.addFile(await readFile(part.embeddingFile), part.embeddingFile);
    }
    return pool.select(await rules());
  }
}
