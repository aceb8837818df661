import type { InferenceSession } from 'onnxruntime-node';

/** One thread that does not spin: spinning pools collapse beside any other process, and a worker has neighbours. */
export const oneThreadSession = sessionWith(1);

/** @param device - ONNX Runtime's name of an execution provider; what it cannot do falls to the processor. */
export function sessionWith(threads: number, device = 'cpu'): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    executionProviders: [device],
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
}
