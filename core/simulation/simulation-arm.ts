import { DomainError } from '../errors.ts';
import { strategyNames, type StrategyName } from '../selection/strategy-names.ts';
import { strategies } from '../selection/strategies.ts';

/** Scores that one classifier's probabilities allow, and the loss that is predicted from embeddings. */
export const simulatedScores = ['margin', 'least-confidence', 'entropy', 'predicted-loss'] as const;
/** Those of images with classes that go together. */
export const presenceScores = ['multi-label-mean', 'multi-label-max'] as const;
export type SimulatedScore = (typeof simulatedScores)[number] | (typeof presenceScores)[number];

/** How one of the compared loops asks. */
export interface SimulationArm {
  /** As it was written: `two-stage:entropy`. */
  readonly name: string;
  /** Absent: what the loop chooses by itself. */
  readonly strategy?: StrategyName;
  readonly score: SimulatedScore;
}

/**
 * Reads an arm: a score's name (the highest first), a strategy's, `strategy:score`, or `default` for what `defaultStrategy` takes at
 * that number of labels. A strategy that needs a score takes the first there is: the margin, or the mean of the classes' entropies.
 *
 * @param hasPresence - Of images with classes that go together.
 * @throws {@link DomainError} naming what there is. Never retried.
 */
export function simulationArm(name: string, hasPresence = false): SimulationArm {
  const scores: readonly SimulatedScore[] = hasPresence ? presenceScores : simulatedScores;
  const [usual = 'margin'] = scores;
  if (name === 'default') return { name, score: usual };
  const score = scores.find((one) => one === name);
  if (score) return { name, strategy: 'top-k', score };
  const [first, second = usual, ...rest] = name.split(':');
  const known = strategyNames.filter(
    (one) => !(hasPresence && strategies[one].needs.includes('probabilities')),
  );
  const strategy = known.find((one) => one === first);
  const by = scores.find((one) => one === second);
  const isApt = name.includes(':')
    ? strategy && strategies[strategy].needs.includes('informativeness')
    : true;
  if (strategy && by && isApt && rest.length === 0) return { name, strategy, score: by };
  throw new DomainError(
    `"${name}" is no way to ask: name a score (${scores.join(', ')}), a strategy (${known.join(', ')}), a strategy that goes by scores with one (two-stage:${scores.at(-1) ?? ''}), or default.`,
  );
}
