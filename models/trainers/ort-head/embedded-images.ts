import { imageShape } from '../../runner/image-shape.ts';
import type { TrainJob } from '../job.ts';
import { classLabel, decodeExample, readExamples } from '../process/read-manifest.ts';
import type { OpenJob } from '../process/read-job.ts';
import type { Embedder } from './embedder.ts';
import type { EmbeddingStore } from './embedding-store.ts';

/** A labelled set as a backbone sees it. */
export interface EmbeddedImages {
  readonly ids: readonly string[];
  /** `[count][numbers]`. */
  readonly embeddings: Float32Array;
  /** Place of each image's class in the job's classes. */
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Embeds each image that the store does not know, a few at once.
 *
 * @param pulse - Called before each image; may throw to stop.
 * @throws TrainerExit 65, naming manifest and line.
 */
export async function readEmbeddedImages(
  { job, path }: OpenJob<unknown>,
  ref: TrainJob['train'],
  embedder: Embedder,
  store: EmbeddingStore,
  pulse: () => void,
): Promise<EmbeddedImages> {
  const { size, rows, backbone } = embedder;
  const ids: string[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  const embeddings = new Float32Array(ref.count * size);
  let waiting: { place: number; bytes: Uint8Array; pixels: Uint8Array }[] = [];
  const embed = async (): Promise<void> => {
    const made = await embedder.embed(waiting.map(({ pixels }) => pixels));
    for (const [index, { place, bytes }] of waiting.entries()) {
      const row = made[index] ?? new Float32Array(size);
      embeddings.set(row, place * size);
      await store.add(bytes, row);
    }
    waiting = [];
  };
  for await (const example of readExamples(ref, path(ref.manifest), pulse)) {
    const { line, bytes } = example;
    const place = ids.push(line.id) - 1;
    labels.push(classLabel(example, job));
    weights.push(line.weight ?? 1);
    const known = store.get(bytes);
    if (known) embeddings.set(known, place * size);
    else waiting.push({ place, bytes, pixels: await decodeExample(example, imageShape(backbone)) });
    if (waiting.length === rows) await embed();
  }
  if (waiting.length > 0) await embed();
  return { ids, embeddings, labels, weights };
}
