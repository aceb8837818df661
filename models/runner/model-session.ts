import { InferenceSession } from 'onnxruntime-node';
import { readModelFolder, type ModelCard } from '../card.ts';
import type { ImageShape } from '../images/decode-image.ts';
import { pixelEmbedding } from '../images/pixel-embedding.ts';
import type { SegmentWriter } from '../images/segment-writer.ts';
import { freeBuffer } from './free-buffer.ts';
import { imageShape } from './image-shape.ts';
import { inputTensor } from './input-tensor.ts';
import { itemPixels, type ItemImage } from './item-pixels.ts';
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
import { trimMemory } from './trim-memory.ts';
import type { Answer, Item } from './thread-messages.ts';

interface SessionOptions {
  /** The model as it is run; the folder's own file where there is none. */
  readonly modelFile?: string | null;
  readonly device?: string | undefined;
  /** Keeps what is decoded. */
  readonly writer?: SegmentWriter | undefined;
}

/** A model with its decoder, on the thread that calls it: `run()` blocks, so that must not be a main thread. */
export class ModelSession {
  readonly card: ModelCard;
  readonly #session: InferenceSession;
  readonly #reader: OutputReader;
  readonly #shape: ImageShape;
  readonly #writer: SegmentWriter | undefined;
  /** Rows that the graph insists on; null where any number goes. */
  readonly #fixedRows: number | null;
  /** Images of a run. */
  readonly #step: number;
  /** What images are decoded into, one beside the other, again and again: new memory for each would keep the garbage collector at work. */
  readonly #rooms: Uint8Array[] = [];

  private constructor(card: ModelCard, session: InferenceSession, writer: SegmentWriter | undefined) {
    this.card = card;
    this.#writer = writer;
    this.#session = session;
    this.#reader = outputReader(card);
    this.#shape = imageShape(card);
    const input = session.inputMetadata.find(({ name }) => name === card.input.name);
    const rows = input?.isTensor ? input.shape[0] : undefined;
    this.#fixedRows = typeof rows === 'number' && rows > 0 ? rows : null;
    this.#step = this.#fixedRows ?? rowsPerRun(card);
  }

  /** @throws DomainError when the folder is broken. */
  static async open(
    modelDir: string,
    { modelFile, device, writer }: SessionOptions = {},
  ): Promise<ModelSession> {
    const folder = await readModelFolder(modelDir);
    const session = await InferenceSession.create(modelFile ?? folder.modelFile, sessionWith(1, device));
    trimMemory();
    return new ModelSession(folder.card, session, writer);
  }

  /** What the model says of each image, in the way of its card; same order as the items. */
  async answer(items: readonly Item[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let start = 0; start < items.length; start += this.#step)
      answers.push(...(await this.#answerTogether(items.slice(start, start + this.#step))));
    return answers;
  }

  /** Of as many images as go into one run. */
  async #answerTogether(items: readonly Item[]): Promise<Answer[]> {
    const images: (AskedImage & ItemImage)[] = [];
    const unreadable = new Map<Item, string>();
    for (const [place, item] of items.entries())
      try {
        images.push({ ...(await this.#pixels(item, place)), ...asked(item) });
      } catch (error) {
        unreadable.set(item, reasonOf(error));
      }
    const said = images.length > 0 ? await this.#run(images) : [];
    let next = 0;
    return items.map((item): Answer => {
      const reason = unreadable.get(item);
      if (reason !== undefined) return { id: item.id, unreadable: reason };
      const [image, answer] = [images[next], said[next++]];
      if (!image || !answer) throw new Error('the model answers fewer images than it was given');
      const own = item.embed && !answer.embedding && { embedding: pixelEmbedding(image.pixels, this.#shape) };
      return { id: item.id, ...answer, ...own, thumbnail: image.thumbnail };
    });
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #pixels(item: Item, place: number): Promise<ItemImage> {
    return itemPixels(item, { shape: this.#shape, into: this.#room(place), writer: this.#writer });
  }

  #room(place: number): Uint8Array {
    const { width, height, channels } = this.#shape;
    return (this.#rooms[place] ??= new Uint8Array(width * height * channels));
  }

  async #run(images: readonly AskedImage[]): Promise<Said[]> {
    const pixels = images.map((image) => image.pixels);
    const rows = this.#fixedRows ?? images.length;
    const feed = { [this.card.input.name]: inputTensor(this.card, pixels, rows) };
    const names = outputNames(this.card);
    const runs: Outputs[] = [];
    for (let run = 0; run < this.#reader.runs; run++) runs.push(await this.#session.run(feed, names));
    const said = this.#reader.read(runs, images);
    for (const outputs of runs) for (const { data } of Object.values(outputs)) freeBuffer(data);
    return said;
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
