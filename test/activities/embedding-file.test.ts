import { tableFromIPC } from 'apache-arrow';
import { readEmbeddingFile, writeEmbeddingFile } from '../../activities/embedding-file.ts';
import { DomainError } from '../../core/errors.ts';

const file = {
  ids: ['a/1.png', 'b.png'],
  vectors: Float32Array.of(0.6, 0.8, 0, 0, 1, 0),
  columns: 3,
  embeddedBy: 'pixels-1',
  probabilities: Float32Array.of(0.25, 0.75, 1, 0),
  classes: ['cat', 'dog'],
};

test('comes back as it was written, and is a table that Arrow reads', () => {
  const bytes = writeEmbeddingFile(file);
  expect(readEmbeddingFile(bytes, 'x')).toEqual(file);
  const table = tableFromIPC(bytes);
  expect(table.schema.fields.map(({ name }) => name)).toEqual(['path', 'embedding', 'probabilities']);
  expect([...(table.getChild('embedding')?.get(1) as Iterable<number>)]).toEqual([0, 1, 0]);
  const plain = { ...file, probabilities: null };
  expect(readEmbeddingFile(writeEmbeddingFile(plain), 'x')).toEqual(plain);
});

test('other bytes are refused by name', () => {
  expect(() => readEmbeddingFile(Uint8Array.of(1, 2, 3), 'embeddings/x.arrow')).toThrow(DomainError);
  expect(() => readEmbeddingFile(Uint8Array.of(1, 2, 3), 'embeddings/x.arrow')).toThrow(
    /^embeddings\/x\.arrow /,
  );
});
