import type { Tensor } from 'onnxruntime-node';
import type { Classified, Detected, ModelExtras } from '../../core/ports.ts';
import type { ModelCard } from '../card.ts';
import type { SizedImage } from '../images/decode-image.ts';
import { classReader } from './class-reader.ts';
import { floatRows } from './float-rows.ts';
import { objectReader } from './object-reader.ts';

/** What a model says of an image, besides whose image it is. */
export type Said = Omit<Classified, 'id'> | Omit<Detected, 'id'>;

/** An image that was shown to a model, and what is wanted of it beside the model's answer. */
export interface AskedImage extends SizedImage {
  readonly maskTerms?: boolean;
}

/** A graph's outputs by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** Makes of the outputs of a run, or of several runs on the same images, what the model says of each image. */
export interface OutputReader {
  /** How often the graph is run on the same images. */
  readonly runs: number;
  read(runs: readonly Outputs[], images: readonly AskedImage[]): Said[];
}

/** Reads outputs as the card says. The seam for new kinds of output. */
export function outputReader(card: ModelCard): OutputReader {
  const { runs, read } = card.output.kind.startsWith('class-') ? classReader(card) : objectReader(card);
  return {
    runs,
    read: (outputs, images) => {
      const extras = extrasOf(card, outputs[0] ?? {}, images.length);
      return read(outputs, images).map((said, index) => ({ ...said, ...extras[index] }));
    },
  };
}

/** The outputs of the graph that the card names. */
export function outputNames({ output }: ModelCard): string[] {
  const { names, embedding, predicted_loss: predictedLoss } = output;
  const first = output.kind === 'yolo-seg' ? names.slice(0, 2) : names.slice(0, 1);
  return [...new Set([...first, embedding ?? [], predictedLoss ?? []].flat())];
}

function extrasOf({ output }: ModelCard, outputs: Outputs, images: number): ModelExtras[] {
  const { embedding, predicted_loss: predictedLoss } = output;
  const embeddings = embedding === undefined ? [] : floatRows(outputs, embedding, images);
  const losses = predictedLoss === undefined ? [] : floatRows(outputs, predictedLoss, images);
  return Array.from({ length: images }, (_, index) => {
    const [vector, loss] = [embeddings[index], losses[index]];
    if (loss && loss.length !== 1)
      throw new Error(
        `the output ${predictedLoss} has ${loss.length} numbers an image; a predicted loss is one`,
      );
    return { ...(vector && { embedding: vector.slice() }), ...(loss && { predictedLoss: loss[0] ?? NaN }) };
  });
}
