import type { DataEngine } from '../../core/ports.ts';

/** Lets an engine give pages of that many datapoints at most, as a server may. */
export function withSmallPages<Engine extends DataEngine>(engine: Engine, mostImages: number): Engine {
  const query = engine.queryDatapoints.bind(engine);
  engine.queryDatapoints = (input, signal) =>
    query({ ...input, pageSize: Math.min(input.pageSize ?? 1000, mostImages) }, signal);
  return engine;
}
