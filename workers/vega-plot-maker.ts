import { once } from 'node:events';
import type { PlotMaker } from '../core/ports.ts';
import { startThread } from '../models/node-entry.ts';

/**
 * Draws in a worker thread that ends afterwards: loading Vega and compiling a specification would keep the main thread from its heartbeats
 * for half a second and more, and its memory is wanted once a cycle.
 */
export class VegaPlotMaker implements PlotMaker {
  async png(specifications: readonly object[], signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    signal?.throwIfAborted();
    const thread = startThread(import.meta.url, 'plot-thread', { specifications });
    try {
      const [pictures] = (await once(thread, 'message', { ...(signal && { signal }) })) as [Uint8Array[]];
      return pictures;
    } finally {
      await thread.terminate();
    }
  }
}
