import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TensorProto_DataType } from 'onnx-buf';
import { readBackboneCard, type BackboneCard } from '../../backbone-card.ts';
import type { ModelCard } from '../../card.ts';
import { parseModel, type WholeModel } from '../../onnx/whole-model.ts';
import { cutAt } from '../graph/cut-graph.ts';
import type { TrainJob } from '../job.ts';
import { TrainerExit } from '../process/trainer-exit.ts';
import { embeddingValue } from './embedding-value.ts';

type Input = ModelCard['input'];

/** A user's network up to its embedding. */
export interface Backbone {
  /** One input, the images; one output, the embedding. */
  readonly model: WholeModel;
  readonly input: Input;
  /** Rows that the graph insists on; null where any number goes. */
  readonly fixedRows: number | null;
  /** Changes with whatever changes an embedding. */
  readonly key: string;
}

/** Of pixels in 0..1: the ones that nearly all networks for photos were trained with. */
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const imageNetGrey = { mean: [0.449], std: [0.226] };

/**
 * Reads a backbone and its card.
 *
 * @param asked - The job's input, which decides on sizes that the graph leaves open.
 * @throws TrainerExit 78 when it is no ONNX file, its card does not fit it, or it has no embedding.
 */
export async function readBackbone(file: string, asked: TrainJob['input']): Promise<Backbone> {
  try {
    const bytes = await readFile(file);
    const { card } = await readBackboneCard(file);
    const model = parseModel(bytes);
    const value = embeddingValue(model.graph, card.output.embedding);
    const cut = cutAt(model, value);
    const { input, fixedRows } = inputOf(cut, card.input, asked);
    const key = createHash('sha256')
      .update(bytes)
      .update(JSON.stringify([value, input]))
      .digest('hex');
    return { model: cut, input, fixedRows, key };
  } catch (error) {
    throw unusable(file, error);
  }
}

/** What to end with when a backbone cannot be used: another attempt would find the same, but for a lack of memory. */
export function unusable(file: string, error: unknown): TrainerExit {
  const exit = TrainerExit.from(error);
  if (exit.kind === 'resource') return exit;
  const reason = error instanceof Error ? error.message : String(error);
  return new TrainerExit('parameter', `The backbone ${file} cannot be used: ${reason}.`);
}

/** What the card says, else the graph, else what is usual. */
function inputOf(
  { graph }: WholeModel,
  said: BackboneCard['input'],
  asked: TrainJob['input'],
): Pick<Backbone, 'input' | 'fixedRows'> {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !stored.has(name));
  const [only] = inputs;
  const type = only?.type?.value;
  if (!only || inputs.length !== 1 || type?.case !== 'tensorType')
    throw new Error(
      `its embedding comes from ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}), not from images alone`,
    );
  const dtype = dtypes.get(type.value.elemType);
  if (!dtype) throw new Error(`its input ${only.name} takes neither float32 nor uint8`);
  const dims = type.value.shape?.dim.map(({ value }) =>
    value.case === 'dimValue' && value.value > 0n ? Number(value.value) : null,
  );
  if (dims?.length !== 4)
    throw new Error(`its input ${only.name} has ${dims?.length ?? 0} axes; images have four`);
  const layout = said.layout ?? (isChannels(dims[3]) && !isChannels(dims[1]) ? 'NHWC' : 'NCHW');
  const [rows = null] = dims;
  const [channelsDim, heightDim, widthDim] =
    layout === 'NCHW' ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  const channels = said.channels ?? (isChannels(channelsDim) ? channelsDim : 3);
  const normalisation = said.normalisation ?? (dtype === 'uint8' ? 'in-graph' : 'by-host');
  const input: Input = {
    ...(normalisation === 'by-host' && {
      scale: 1 / 255,
      ...(channels === 1 ? imageNetGrey : imageNet),
    }),
    ...said,
    name: only.name,
    resize: said.resize ?? 'stretch',
    dtype,
    layout,
    width: said.width ?? widthDim ?? asked.width,
    height: said.height ?? heightDim ?? asked.height,
    channels,
    color: channels === 1 ? 'GRAY' : 'RGB',
    normalisation,
  };
  const facts = [
    ['name', said.name, only.name],
    ['dtype', said.dtype, dtype],
    ['channels', input.channels, channelsDim ?? input.channels],
    ['height', input.height, heightDim ?? input.height],
    ['width', input.width, widthDim ?? input.width],
    ['color', said.color, input.color],
  ] as const;
  for (const [field, one, other] of facts)
    if (one !== undefined && one !== other)
      throw new Error(`its card says input.${field} ${one}, the graph ${other}`);
  return { input, fixedRows: rows };
}

const dtypes = new Map<number, Input['dtype']>([
  [TensorProto_DataType.FLOAT, 'float32'],
  [TensorProto_DataType.UINT8, 'uint8'],
]);

function isChannels(dim: number | null | undefined): dim is 1 | 3 {
  return dim === 1 || dim === 3;
}
