import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { DomainError } from '../core/errors.ts';
import type { BatchChooser, ChosenBatch } from '../core/ports.ts';
import { startThread } from '../models/node-entry.ts';
import type { FromSelectionThread, ToSelectionThread } from './selection-thread.ts';

/**
 * Chooses in a worker thread that ends afterwards: a million vectors keep a main thread from its heartbeats for seconds, and their memory is
 * wanted once a cycle. Each part is taken before the next is asked for.
 */
export class ThreadBatchChooser implements BatchChooser {
  async choose(
    { parts, rules }: Parameters<BatchChooser['choose']>[0],
    signal?: AbortSignal,
  ): Promise<ChosenBatch> {
    signal?.throwIfAborted();
    const thread = startThread(import.meta.url, 'selection-thread', {});
    try {
      for await (const part of parts) await ask(thread, part, signal);
      const answer = await ask(thread, { rules: await rules() }, signal);
      if (answer.kind !== 'chosen') throw new Error('The selection thread took the rules for a part.');
      return answer.batch;
    } finally {
      await thread.terminate();
    }
  }
}

async function ask(
  thread: Worker,
  message: ToSelectionThread,
  signal: AbortSignal | undefined,
): Promise<FromSelectionThread> {
  thread.postMessage(message);
  const [answer] = (await once(thread, 'message', { ...(signal && { signal }) })) as [FromSelectionThread];
  if (answer.kind !== 'refused') return answer;
  throw answer.isFinal ? new DomainError(answer.message) : new Error(answer.message);
}
