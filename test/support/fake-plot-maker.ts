import type { PlotMaker } from '../../core/ports.ts';

/** Answers the specifications' texts for their pictures. */
export class FakePlotMaker implements PlotMaker {
  async png(specifications: readonly object[], signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    signal?.throwIfAborted();
    return specifications.map((one) => new TextEncoder().encode(JSON.stringify(one)));
  }
}
