/** A worker thread that holds a pool's arrays, chooses from them and ends. Every message is answered. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { GatheredPool } from '../activities/gathered-pool.ts';
import { DomainError } from '../core/errors.ts';
import type { ChosenBatch, PoolPart, PoolRules } from '../core/ports.ts';

export type ToSelectionThread = PoolPart | { readonly rules: PoolRules };

export type FromSelectionThread =
  | { readonly kind: 'taken' }
  | { readonly kind: 'chosen'; readonly batch: ChosenBatch }
  | { readonly kind: 'refused'; readonly message: string; readonly isFinal: boolean };

const pool = new GatheredPool();

parentPort?.on('message', (message: ToSelectionThread) => {
  parentPort?.postMessage(answer(message));
});

function answer(message: ToSelectionThread): FromSelectionThread {
  try {
    if ('rules' in message) return { kind: 'chosen', batch: pool.select(message.rules) };
    if ('rows' in message) pool.addRows(message.rows);
    else pool.addFile(readFileSync(message.embeddingFile), message.embeddingFile);
    return { kind: 'taken' };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', message: text, isFinal: error instanceof DomainError };
  }
}
