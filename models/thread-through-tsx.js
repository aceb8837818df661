/** Starts a worker thread from source: tsx's hooks do not reach a thread by `--import`. `workerData.entry` is the `.ts` file's URL. */
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
