import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { LabelledSet } from '../../core/simulation/labelled-set.ts';
import type { SeededCurve } from '../../core/simulation/learning-curves.ts';
import type { SimulationPlan, SimulationPoint } from '../../core/simulation/simulate-arm.ts';
import type { SimulationArm } from '../../core/simulation/simulation-arm.ts';
import { startThread } from '../../models/node-entry.ts';

export interface SimulationTask {
  readonly arm: SimulationArm;
  readonly seed: number;
}

export interface SimulationRun {
  /** Worker threads; by default as many as there are cores. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** After each arm of each seed. */
  readonly onDone?: () => void;
}

/**
 * Every arm with every seed, each on one thread. Their order is the tasks', however they end.
 *
 * @throws the error of the first arm that fails, or the signal's reason; no thread is left.
 */
export async function runSimulation(
  set: LabelledSet,
  plan: SimulationPlan,
  tasks: readonly SimulationTask[],
  { threads = availableParallelism(), signal, onDone }: SimulationRun = {},
): Promise<SeededCurve[]> {
  const curves = new Array<SeededCurve>(tasks.length);
  const shared = { ...set, embeddings: { ...set.embeddings, values: inSharedMemory(set.embeddings.values) } };
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const waiting = tasks.entries();
  const work = async (): Promise<void> => {
    const thread = startThread(import.meta.url, 'simulation-thread', { set: shared, plan });
    try {
      for (const [index, task] of waiting) {
        thread.postMessage(task);
        const [points] = (await once(thread, 'message', { signal: stopped })) as [SimulationPoint[]];
        curves[index] = { arm: task.arm.name, seed: task.seed, points };
        onDone?.();
      }
    } catch (error) {
      stop.abort();
      throw error;
    } finally {
      await thread.terminate();
    }
  };
  signal?.throwIfAborted();
  const ends = await Promise.allSettled(Array.from({ length: Math.min(threads, tasks.length) }, work));
  signal?.throwIfAborted();
  const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
  const [cause] = failed.filter(({ name }) => name !== 'AbortError');
  if (cause) throw cause;
  return curves;
}

/** One copy for all threads. */
function inSharedMemory(values: Float32Array | Float64Array): Float32Array | Float64Array {
  const copy =
    values instanceof Float32Array
      ? new Float32Array(new SharedArrayBuffer(values.byteLength))
      : new Float64Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
