import type { Tensor } from 'onnxruntime-node';

/**
 * The rows of an output along its first axis, each flat; views, no copies.
 *
 * @throws Error when the output is not there, is no float32, or has fewer rows.
 */
export function floatRows(
  outputs: Readonly<Record<string, Tensor>>,
  name: string,
  rows: number,
): Float32Array[] {
  const { data, size } = floatOutput(outputs, name, rows);
  return Array.from({ length: rows }, (_, row) => data.subarray(row * size, (row + 1) * size));
}

/** An output as it is, checked the same way. */
export function floatOutput(
  outputs: Readonly<Record<string, Tensor>>,
  name: string,
  rows: number,
): { data: Float32Array; dims: readonly number[]; size: number } {
  const tensor = outputs[name];
  if (tensor?.type !== 'float32')
    throw new Error(
      `the output ${name} that the model's card names is ${tensor ? tensor.type : 'not there'}; the runner reads float32`,
    );
  const [found = 1] = tensor.dims;
  if (found < rows)
    throw new Error(
      `the output ${name} has ${found} rows for ${rows} images; its first axis must be the images`,
    );
  const data = tensor.data as Float32Array;
  return { data, dims: tensor.dims, size: data.length / found };
}
