import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEmbeddingFile } from '../../activities/embedding-file.ts';
import { DomainError } from '../../core/errors.ts';
import type { PoolPart } from '../../core/ports.ts';
import { select } from '../../core/selection/select.ts';
import { ThreadBatchChooser } from '../../workers/thread-batch-chooser.ts';
import { embeddedPool } from '../support/embedded-pool.ts';

const pool = embeddedPool(300);
const rules = { strategy: 'two-stage', size: 20, seed: '1/1', randomShare: 0.1 } as const;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labelloop-chooser-'));
  await writeFile(join(folder, 'a.arrow'), fileOf(0, 100));
  await writeFile(join(folder, 'b.arrow'), fileOf(100, 300));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function fileOf(from: number, to: number): Uint8Array {
  return writeEmbeddingFile({
    ids: pool.ids.slice(from, to),
    vectors: pool.embeddings.values.slice(from * 6, to * 6),
    columns: 6,
    embeddedBy: 'model',
    probabilities: Float32Array.from(pool.probabilities.values.slice(from * 4, to * 4)),
    classes: ['a', 'b', 'c', 'd'],
  });
}

async function* parts(files: readonly string[]): AsyncGenerator<PoolPart> {
  const rows = pool.ids.map((id, row) => ({
    id,
    role: row < 10 ? ('centre' as const) : ('open' as const),
    informativeness: pool.informativeness[row]!,
  }));
  yield { rows: rows.slice(0, 250) };
  yield { rows: rows.slice(250) };
  for (const file of files) yield { embeddingFile: join(folder, file) };
}

test('chooses on a thread of its own what the core chooses, while the main thread goes on', async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 5);
  const batch = await new ThreadBatchChooser().choose({
    parts: parts(['b.arrow', 'a.arrow']),
    rules: async () => rules,
  });
  clearInterval(timer);
  const { ids, informativeness, embeddings } = pool;
  const direct = select({ ids, informativeness, embeddings, labelled: [...Array(10).keys()] }, rules);
  expect(batch.chosen.map(({ id }) => id)).toEqual(direct.chosen.map(({ id }) => id));
  expect(batch.embedding).toEqual({ by: 'model', columns: 6 });
  expect(Object.keys(batch.classes)).toContain(batch.chosen[0]!.id);
  expect(ticks).toBeGreaterThan(0);
});

test('what the core refuses is a domain error here, and an abort ends the thread', async () => {
  const chooser = new ThreadBatchChooser();
  await expect(chooser.choose({ parts: parts([]), rules: async () => rules })).rejects.toThrow(DomainError);
  const aborted = chooser.choose({ parts: parts([]), rules: async () => rules }, AbortSignal.timeout(1));
  await expect(aborted).rejects.toThrow(/abort/i);
});
