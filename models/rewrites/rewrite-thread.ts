/** Entry of a worker thread: rewrites one model, says where, or null, and ends, with the memory that it took. */
import { parentPort, workerData } from 'node:worker_threads';
import { trimMemory } from '../runner/trim-memory.ts';
import { rewrittenFile } from './rewritten-file.ts';

const { modelDir, into } = workerData as { modelDir: string; into: string };

// What is wrong with a model is said where it is loaded as it is.
const file = await rewrittenFile(modelDir, into).catch(() => null);
trimMemory();
parentPort?.postMessage(file);
