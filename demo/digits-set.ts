import type { Truth } from '../core/truth.ts';
import { digitsLoop, digitsRoot, digitsScheme, digitsSplits } from './arms.ts';
import type { DemoSet } from './demo-set.ts';
import { writeDigits } from './digits.ts';

/** Handwritten digits, one class an image: smallest margin against random. */
export const digitsSet: DemoSet = {
  title: 'handwritten digits',
  name: 'digits',
  rootUrl: digitsRoot,
  scheme: digitsScheme,
  arms: (options) =>
    (['margin', 'random'] as const).map((name) => ({ name, spec: digitsLoop(name, options) })),
  write: async (target, { seed, python }) => {
    const { truth } = await writeDigits(python, target, { ratios: digitsSplits, seed });
    return new Map([...truth].map(([name, label]): [string, Truth] => [name, { label }]));
  },
};
