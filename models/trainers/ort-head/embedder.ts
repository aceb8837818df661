import { toBinary } from '@bufbuild/protobuf';
import { InferenceSession } from 'onnxruntime-node';
import { ModelProtoSchema } from 'onnx-buf';
import { parseModel } from '../../onnx/whole-model.ts';
import { floatRows } from '../../runner/float-rows.ts';
import { imageShape } from '../../runner/image-shape.ts';
import { inputTensor } from '../../runner/input-tensor.ts';
import { rowsPerRun } from '../../runner/rows-per-run.ts';
import { sessionWith } from '../../runner/session-options.ts';
import { appendGraph } from '../graph/append-graph.ts';
import type { Value } from '../../onnx/value-info.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import type { Backbone } from './backbone.ts';

/** What an embedding looks like as it leaves the backbone. */
export type EmbeddingForm = 'vector' | 'maps';

/** Makes embeddings of images. */
export class Embedder {
  readonly backbone: Backbone;
  readonly form: EmbeddingForm;
  /** Numbers in an embedding. */
  readonly size: number;
  readonly #session: InferenceSession;

  private constructor(backbone: Backbone, form: EmbeddingForm, size: number, session: InferenceSession) {
    this.backbone = backbone;
    this.form = form;
    this.size = size;
    this.#session = session;
  }

  /** @throws Error when the backbone does not run, or its embedding is neither a vector nor a stack of maps. */
  static async open(backbone: Backbone, threads: number): Promise<Embedder> {
    const form = await formOf(backbone);
    const builder = new GraphBuilder();
    builder.output(embeddingIn(builder, form), 'embedding');
    const { graph } = parseModel(builder.build('embedding'));
    const { model } = appendGraph(backbone.model, graph);
    const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), sessionWith(threads));
    const [row] = await embeddings(session, backbone, [blank(backbone)]);
    return new Embedder(backbone, form, row?.length ?? 0, session);
  }

  /** Images that are best given at once. */
  get rows(): number {
    return this.backbone.fixedRows ?? rowsPerRun(this.backbone);
  }

  /** @param images - Bytes `[height][width][channels]`, {@link rows} at most. */
  async embed(images: readonly Uint8Array[]): Promise<Float32Array[]> {
    return embeddings(this.#session, this.backbone, images);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Writes what the backbone hands over, as `[batch][numbers]`: maps by the mean over their places. */
export function embeddingIn(graph: GraphBuilder, form: EmbeddingForm): Value {
  if (form === 'vector') return graph.input('backbone', 'float32', ['batch', 'numbers']);
  const maps = graph.input('backbone', 'float32', ['batch', 'numbers', 'height', 'width']);
  const means = graph.node('GlobalAveragePool', [maps], ['batch', 'numbers', 1, 1]);
  return graph.node('Flatten', [means], ['batch', 'numbers'], { attributes: { axis: 1 } });
}

/** Asks the backbone once: what a file says of its shapes is often open. */
async function formOf(backbone: Backbone): Promise<EmbeddingForm> {
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, backbone.model), sessionWith(1));
  const [name = ''] = session.outputNames;
  const tensor = (await session.run(feed(backbone, [blank(backbone)])))[name];
  await session.release();
  const { dims = [], type = 'nothing' } = tensor ?? {};
  if (type !== 'float32') throw new Error(`its embedding ${name} is ${type}; float32 is read`);
  if (dims.length === 2) return 'vector';
  if (dims.length === 4) return 'maps';
  throw new Error(
    `its embedding ${name} is [${dims.join(', ')}]; an embedding is [n, numbers] or [n, channels, height, width], so name another value in its card`,
  );
}

async function embeddings(
  session: InferenceSession,
  backbone: Backbone,
  images: readonly Uint8Array[],
): Promise<Float32Array[]> {
  const outputs = await session.run(feed(backbone, images));
  return floatRows(outputs, session.outputNames[0] ?? '', images.length).map((row) => row.slice());
}

function feed({ input, fixedRows }: Backbone, images: readonly Uint8Array[]) {
  return { [input.name]: inputTensor({ input }, images, fixedRows ?? images.length) };
}

function blank(backbone: Backbone): Uint8Array {
  const { width, height, channels } = imageShape(backbone);
  return new Uint8Array(width * height * channels);
}
