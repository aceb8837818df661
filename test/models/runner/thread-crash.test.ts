import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { InferencePool } from '../../../models/runner/inference-pool.ts';
import { glyphClasses } from '../glyphs.ts';
import { modelFolder } from '../model-folder.ts';

/** Real threads, but with a program that dies at its first batch, as a thread does that runs out of memory. */
const dying = `
  const { parentPort } = require('node:worker_threads');
  parentPort.postMessage({ kind: 'ready' });
  parentPort.once('message', ({ kind }) => {
    if (kind === 'batch') throw new Error('the thread has had enough');
    parentPort.close();
  });`;
jest.mock('../../../models/node-entry.ts', () => ({
  startThread: () => new Worker(dying, { eval: true }),
}));
jest.mock('../../../models/rewrites/with-rewritten.ts', () => ({
  withRewritten: (_: string, load: (file: null) => Promise<unknown>) => load(null),
}));

test('a thread that dies refuses all pending work with its reason; the pool stays ended and closes', async () => {
  const { dir } = await modelFolder(Buffer.from('never loaded'), glyphClasses, {});
  const pool = await InferencePool.open({ modelDir: dir });
  const items = Array.from({ length: 100 }, (_, index) => ({ id: String(index), bytes: new Uint8Array(1) }));
  const works = [pool.classify(items), pool.classify(items)];
  const ends = await Promise.allSettled(works);
  for (const end of ends) {
    expect(end.status).toBe('rejected');
    expect(String((end as PromiseRejectedResult).reason)).toMatch('the thread has had enough');
  }
  expect(pool.ended?.message).toMatch('the thread has had enough');
  await expect(pool.classify(items)).rejects.toThrow('the thread has had enough');
  await pool.close();
  await rm(dir, { recursive: true });
});
