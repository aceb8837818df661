import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import { modelCardSchema } from './card.ts';

/**
 * What a file of the same name that ends in `.json` says of a backbone: how its images go in, and which of its values stands for an image.
 * Every key has a default, so there need not be such a file.
 */
export const backboneCardSchema = z.strictObject({
  /**
   * As in a model's card. By default the graph says name, dtype, layout and sizes, or where it leaves a size open the job; images are
   * stretched; bytes go in as they are (`in-graph`), floats as ImageNet's (`by-host`, with a scale of 1/255 and ImageNet's mean and std).
   */
  input: modelCardSchema.shape.input.partial().strict().default({}),
  output: z
    .strictObject({
      /** A value of the graph, `[n, numbers]` or `[n, channels, height, width]`, an output or not. */
      embedding: z.string().min(1).optional(),
    })
    .default({}),
});
export type BackboneCard = z.output<typeof backboneCardSchema>;

/** The card of an ONNX file: `resnet.json` for `resnet.onnx`. */
export function backboneCardFile(onnxFile: string): string {
  return onnxFile.replace(/\.onnx$/, '') + '.json';
}

/**
 * Reads the card beside an ONNX file. The card of a model of ours is one as well: what it says of its input and its embedding counts.
 *
 * @returns The card and its text, empty when there is no file.
 * @throws {@link DomainError} when it is no card, naming the field.
 */
export async function readBackboneCard(onnxFile: string): Promise<{ card: BackboneCard; text: string }> {
  const file = backboneCardFile(onnxFile);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  return { card: text === '' ? backboneCardSchema.parse({}) : parseCard(text, file), text };
}

function parseCard(text: string, file: string): BackboneCard {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DomainError(`${file}: is no JSON`, { cause });
  }
  const ours = modelCardSchema.safeParse(value);
  if (ours.success) {
    const { input, output } = ours.data;
    // A model's card leaves out what it does not do, while a backbone's leaves out what is usual.
    const plain = { scale: 1, mean: zeros(input.channels), std: zeros(input.channels).map(() => 1) };
    const { embedding } = output;
    return { input: { ...plain, ...input }, output: { ...(embedding !== undefined && { embedding }) } };
  }
  const parsed = backboneCardSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DomainError(
    `${file}: is no card of a backbone, at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? ''}`,
    { cause: parsed.error },
  );
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}
