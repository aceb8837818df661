import { InferenceSession } from 'onnxruntime-node';
import { placeImage } from '../../core/geometry/image-placement.ts';
import { thumbnailOf } from '../../core/thumbnail.ts';
import { readModelFolder, type ModelCard } from '../card.ts';
import type { ImageShape, SizedImage } from '../images/decode-image.ts';
import { pixelEmbedding } from '../images/pixel-embedding.ts';
import { imageShape } from './image-shape.ts';
import { inputTensor } from './input-tensor.ts';
import { itemPixels } from './item-pixels.ts';
import {
  outputNames,
  outputReader,
  type AskedImage,
  type OutputReader,
  type Outputs,
  type Said,
} from './output-reader.ts';
import { rowsPerRun } from './rows-per-run.ts';
import { sessionWith } from './session-options.ts';
import type { Answer, Item } from './thread-messages.ts';

/** A model with its decoder, on the thread that calls it: `run()` blocks, so that must not be a main thread. */
export class ModelSession {
  readonly card: ModelCard;
  readonly #session: InferenceSession;
  readonly #reader: OutputReader;
  readonly #shape: ImageShape;
  /** Rows that the graph insists on; null where any number goes. */
  readonly #fixedRows: number | null;

  private constructor(card: ModelCard, session: InferenceSession) {
    this.card = card;
    this.#session = session;
    this.#reader = outputReader(card);
    this.#shape = imageShape(card);
    const input = session.inputMetadata.find(({ name }) => name === card.input.name);
    const rows = input?.isTensor ? input.shape[0] : undefined;
    this.#fixedRows = typeof rows === 'number' && rows > 0 ? rows : null;
  }

  /** @throws DomainError when the folder is broken. */
  static async open(modelDir: string, device?: string): Promise<ModelSession> {
    const { modelFile, card } = await readModelFolder(modelDir);
    return new ModelSession(card, await InferenceSession.create(modelFile, sessionWith(1, device)));
  }

  /** What the model says of each image, in the way of its card; same order as the items. */
  async answer(items: readonly Item[]): Promise<Answer[]> {
    const results = new Array<Answer>(items.length);
    const readable: { place: number; image: AskedImage }[] = [];
    for (const [place, item] of items.entries())
      try {
        readable.push({ place, image: { ...(await itemPixels(item, this.#shape)), ...asked(item) } });
      } catch (error) {
        results[place] = { id: item.id, unreadable: reasonOf(error) };
      }
    const step = this.#fixedRows ?? rowsPerRun(this.card);
    for (let start = 0; start < readable.length; start += step) {
      const part = readable.slice(start, start + step);
      const answers = await this.#run(part.map(({ image }) => image));
      for (const [index, { place, image }] of part.entries()) {
        const said = answers[index];
        const { id = '', embed = false } = items[place] ?? {};
        const own = embed && !said?.embedding && { embedding: pixelEmbedding(image.pixels, this.#shape) };
        if (said) results[place] = { id, ...said, ...own, thumbnail: this.#thumbnail(image) };
      }
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #thumbnail({ pixels, widthPx, heightPx }: SizedImage): Uint8Array {
    const shape = imageShape(this.card);
    return thumbnailOf(pixels, shape, placeImage({ width: widthPx, height: heightPx }, shape, shape.resize));
  }

  async #run(images: readonly AskedImage[]): Promise<Said[]> {
    const pixels = images.map((image) => image.pixels);
    const feed = { [this.card.input.name]: inputTensor(this.card, pixels, this.#fixedRows ?? images.length) };
    const names = outputNames(this.card);
    const runs: Outputs[] = [];
    for (let run = 0; run < this.#reader.runs; run++) runs.push(await this.#session.run(feed, names));
    return this.#reader.read(runs, images);
  }
}

function asked({ maskTerms = false }: Item): { maskTerms: boolean } {
  return { maskTerms };
}

/** The last line: before it, decoders tell how they tried. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
