import type { Classified } from '../../core/ports.ts';
import type { ModelCard } from '../card.ts';
import { floatOutput, floatRows } from './float-rows.ts';
import type { Outputs } from './output-reader.ts';

type ClassesSaid = Omit<Classified, 'id'>;

/** Reads `[n, classes]`: once, or once a draw. */
export function classReader({ output, classes }: ModelCard): {
  runs: number;
  read: (runs: readonly Outputs[], images: readonly unknown[]) => ClassesSaid[];
} {
  const [name = ''] = output.names;
  const probabilities = probabilitiesOf(output);
  const isInOutput = output.draws_from === 'output';
  const row = (numbers: Float32Array): number[] => {
    if (numbers.length !== classes.length)
      throw new Error(
        `the model answers ${numbers.length} numbers an image; its card names ${classes.length} classes`,
      );
    return probabilities(numbers);
  };
  return {
    runs: output.draws !== undefined && !isInOutput ? output.draws : 1,
    read: (runs, images) => {
      const draws = isInOutput
        ? drawRows(runs[0] ?? {}, name, output.draws ?? 0, images.length)
        : runs.map((outputs) => floatRows(outputs, name, images.length));
      return images.map((_, image) => {
        const answers = draws.map((rows) => row(rows[image] ?? new Float32Array()));
        const [only = []] = answers;
        return output.draws === undefined
          ? { probabilities: only }
          : { probabilities: meanOf(answers), draws: answers };
      });
    },
  };
}

function probabilitiesOf({
  kind,
  multi_label: multiLabel,
}: ModelCard['output']): (row: Float32Array) => number[] {
  if (kind === 'class-probabilities') return (row) => Array.from(row);
  return multiLabel === true ? sigmoids : softmax;
}

/** `[draws, n, classes]`, by draw and image. */
function drawRows(outputs: Outputs, name: string, draws: number, images: number): Float32Array[][] {
  const { data, dims, size } = floatOutput(outputs, name, draws);
  const [found, rows = 0] = dims;
  if (dims.length !== 3 || found !== draws || rows < images)
    throw new Error(
      `the output ${name} is [${dims.join(', ')}]; for ${draws} draws of ${images} images it must be [draws, images, classes]`,
    );
  const width = size / rows;
  return Array.from({ length: draws }, (_, draw) =>
    Array.from({ length: images }, (_unused, image) => {
      const start = draw * size + image * width;
      return data.subarray(start, start + width);
    }),
  );
}

function meanOf(rows: readonly (readonly number[])[]): number[] {
  const [first = []] = rows;
  return first.map((_, index) => rows.reduce((sum, row) => sum + (row[index] ?? 0), 0) / rows.length);
}

function sigmoids(logits: Float32Array): number[] {
  return Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}

/** In loops: over a thousand classes, callbacks take ten times as long. */
function softmax(logits: Float32Array): number[] {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  const powers = new Array<number>(logits.length);
  let sum = 0;
  for (let index = 0; index < powers.length; index++)
    sum += powers[index] = Math.exp((logits[index] as number) - highest);
  for (let index = 0; index < powers.length; index++) powers[index] = (powers[index] as number) / sum;
  return powers;
}
