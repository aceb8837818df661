import { createHash } from 'node:crypto';
import type {
  Classified,
  Detected,
  ExperimentTracker,
  LoadedModel,
  RunRef,
  Unreadable,
} from '../core/ports.ts';

/** The folder of a run's artifacts that holds what a cycle's inference added; later cycles may use the same run. */
export function embeddingFolder(cycle: number): string {
  return `embeddings/cycle-${cycle}`;
}

/**
 * Keeps what selection compares of a model's answers: feature vectors of length 1, and probabilities, as Arrow files in the model's run.
 * A file is named by a hash of its images' paths, so that another attempt writes over what an earlier one wrote; two letters of it are a
 * folder, as MLflow lists the folder with each file that it is given.
 */
export class EmbeddingStore {
  readonly #tracker: ExperimentTracker;
  readonly #run: RunRef;
  readonly #model: LoadedModel;
  readonly #folder: string;

  private constructor(tracker: ExperimentTracker, run: RunRef, model: LoadedModel, folder: string) {
    this.#tracker = tracker;
    this.#run = run;
    this.#model = model;
    this.#folder = folder;
  }

  /** Null where no vectors are wanted. */
  static async open(
    tracker: ExperimentTracker,
    model: LoadedModel,
    { runId, embedFor }: { readonly runId: string; readonly embedFor?: number },
    signal: AbortSignal,
  ): Promise<EmbeddingStore | null> {
    if (embedFor === undefined) return null;
    return new EmbeddingStore(tracker, await tracker.getRun(runId, signal), model, embeddingFolder(embedFor));
  }

  /** Stores the vectors of answers, and tells whose they are. */
  async put(
    answers: readonly (Classified | Detected | Unreadable)[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const embedded = answers
      .flatMap((answer) => ('embedding' in answer ? [{ ...answer, embedding: answer.embedding }] : []))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const columns = embedded[0]?.embedding.length ?? 0;
    if (columns === 0) return [];
    const ids = embedded.map(({ id }) => id);
    const rows = embedded.flatMap((answer) => ('probabilities' in answer ? [answer.probabilities] : []));
    const { classes, multiLabel, embeddedBy } = this.#model;
    const { writeEmbeddingFile } = await import('./embedding-file.ts');
    const bytes = writeEmbeddingFile({
      ids,
      vectors: Float32Array.from(embedded.flatMap(({ embedding }) => [...ofLengthOne(embedding)])),
      columns,
      embeddedBy,
      probabilities: rows.length === ids.length && !multiLabel ? Float32Array.from(rows.flat()) : null,
      classes,
    });
    const name = createHash('sha256')
      .update(
        answers
          .map(({ id }) => id)
          .sort()
          .join('\n'),
      )
      .digest('hex')
      .slice(0, 16);
    const path = `${this.#folder}/${name.slice(0, 2)}/${name}.arrow`;
    await this.#tracker.putArtifact({ run: this.#run, path, bytes }, signal);
    return ids;
  }
}

/** A vector without a direction stays as it is: selection sets the image aside and says why. */
function ofLengthOne(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 && length < Infinity ? vector.map((value) => value / length) : vector;
}
