import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { readModelFolder, type ModelCard } from '../card.ts';
import { imageShape } from './image-shape.ts';
import { inputTensor } from './input-tensor.ts';
import { itemPixels } from './item-pixels.ts';
import { outputAdapter, type OutputAdapter } from './output-adapter.ts';
import { rowsPerRun } from './rows-per-run.ts';
import { oneThreadSession } from './session-options.ts';
import type { Classification, Item } from './thread-messages.ts';

/** A classifier with its decoder, on the thread that calls it: `run()` blocks, so that must not be a main thread. */
export class ClassifierSession {
  readonly card: ModelCard;
  readonly #session: InferenceSession;
  readonly #adapter: OutputAdapter;
  /** Rows that the graph insists on; null where any number goes. */
  readonly #fixedRows: number | null;

  private constructor(card: ModelCard, session: InferenceSession) {
    this.card = card;
    this.#session = session;
    this.#adapter = outputAdapter(card);
    const input = session.inputMetadata.find(({ name }) => name === card.input.name);
    const rows = input?.isTensor ? input.shape[0] : undefined;
    this.#fixedRows = typeof rows === 'number' && rows > 0 ? rows : null;
  }

  /** @throws DomainError when the folder is broken or the runner cannot read its kind of output. */
  static async open(modelDir: string): Promise<ClassifierSession> {
    const { modelFile, card } = await readModelFolder(modelDir);
    outputAdapter(card);
    return new ClassifierSession(card, await InferenceSession.create(modelFile, oneThreadSession));
  }

  /** Same order as the items. */
  async classify(items: readonly Item[]): Promise<Classification[]> {
    const results = new Array<Classification>(items.length);
    const readable: { place: number; pixels: Uint8Array }[] = [];
    for (const [place, item] of items.entries())
      try {
        readable.push({ place, pixels: (await itemPixels(item, imageShape(this.card))).pixels });
      } catch (error) {
        results[place] = { id: item.id, unreadable: error instanceof Error ? error.message : String(error) };
      }
    const step = this.#fixedRows ?? rowsPerRun(this.card);
    for (let start = 0; start < readable.length; start += step) {
      const part = readable.slice(start, start + step);
      const answers = await this.#run(part.map(({ pixels }) => pixels));
      for (const [index, { place }] of part.entries()) {
        const answer = answers[index];
        const id = items[place]?.id ?? '';
        if (answer) results[place] = { id, ...answer };
      }
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #run(
    images: readonly Uint8Array[],
  ): Promise<{ probabilities: number[]; embedding?: Float32Array }[]> {
    const { input, output, classes } = this.card;
    const tensor = inputTensor(this.card, images, this.#fixedRows ?? images.length);
    const wanted = [output.names[0] ?? '', ...(output.embedding ? [output.embedding] : [])];
    const answer = await this.#session.run({ [input.name]: tensor }, wanted);
    const scores = rowsOf(answer[output.names[0] ?? ''], images.length);
    const embeddings = output.embedding ? rowsOf(answer[output.embedding], images.length) : [];
    return scores.map((row, index) => {
      if (row.length !== classes.length)
        throw new Error(
          `the model answers ${row.length} numbers an image; its card names ${classes.length} classes`,
        );
      const embedding = embeddings[index];
      return { probabilities: this.#adapter(row), ...(embedding && { embedding }) };
    });
  }
}

/** Copies the first rows of a tensor, each flat. */
function rowsOf(tensor: Tensor | undefined, count: number): Float32Array[] {
  if (tensor?.type !== 'float32')
    throw new Error('the model does not answer the outputs that its card names, as float32');
  const data = tensor.data as Float32Array;
  const size = data.length / (tensor.dims[0] ?? 1);
  return Array.from({ length: count }, (_, row) => data.slice(row * size, (row + 1) * size));
}
