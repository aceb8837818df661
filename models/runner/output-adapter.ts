import { DomainError } from '../../core/errors.ts';
import type { ModelCard } from '../card.ts';

/** Turns one row of a model's first output into probabilities by class. */
export type OutputAdapter = (row: Float32Array) => number[];

/** The seam for new kinds of output: one entry a kind. */
const adapters: Readonly<Record<string, OutputAdapter>> = {
  'class-probabilities': (row) => Array.from(row),
  'class-logits': softmax,
};

/** @throws {@link DomainError} for a kind that the runner does not read, naming it. */
export function outputAdapter({ output }: ModelCard): OutputAdapter {
  const adapter = adapters[output.kind];
  if (adapter) return adapter;
  throw new DomainError(
    `The runner cannot read a model whose output is ${output.kind}; it reads ${Object.keys(adapters).join(' and ')}.`,
  );
}

function softmax(logits: Float32Array): number[] {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
