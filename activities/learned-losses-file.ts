import { z } from 'zod';
import type { LearnedLosses } from '../core/learning/loss-predictor.ts';

const fileSchema = z.object({
  version: z.literal(1),
  /** Null: there were too few labels to learn from. */
  learned: z
    .object({
      columns: z.number().int().positive(),
      /** Float32, little-endian, row by row; base64. */
      vectors: z.base64(),
      labels: z.array(z.number().int()),
      losses: z.array(z.number()),
      weights: z.array(z.number()),
    })
    .nullable(),
});

/** As JSON, the vectors as base64: six bytes for each of their numbers. */
export function writeLearnedLosses(learned: LearnedLosses | null): Uint8Array {
  const file: z.output<typeof fileSchema> = { version: 1, learned: learned && inFile(learned) };
  return new TextEncoder().encode(JSON.stringify(file));
}

function inFile({ vectors, labels, losses, weights }: LearnedLosses) {
  const { buffer } = Float32Array.from(vectors.values);
  return {
    columns: vectors.columns,
    vectors: Buffer.from(buffer).toString('base64'),
    labels: [...labels],
    losses: [...losses],
    weights: [...weights],
  };
}

/** @throws ZodError when the bytes are something else. */
export function readLearnedLosses(bytes: Uint8Array): LearnedLosses | null {
  const { learned } = fileSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!learned) return null;
  const { columns, vectors, ...lists } = learned;
  const raw = Uint8Array.from(Buffer.from(vectors, 'base64'));
  return { vectors: { values: new Float32Array(raw.buffer), columns }, ...lists };
}
