import type { LabelScheme } from '../core/answers/answers.ts';
import type { LoadedModel } from '../core/ports.ts';
import { difficultyWeights } from '../core/scores/class-difficulty.ts';
import { costMatrix, type NamedCosts } from '../core/scores/cost-sensitive.ts';
import type { ScoreRule } from '../core/scores/image-informativeness.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { classQuality } from './class-quality.ts';

export interface ScoredBy {
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly rule: ScoreRule;
  /** What scores by cost go by. */
  readonly costs?: NamedCosts;
  readonly scheme: LabelScheme;
}

/** The rule with all that its scores go by: costs in the order of the model's classes, and what a box of each class weighs. */
export async function scoreRuleFor(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'workDir'>,
  model: LoadedModel,
  input: ScoredBy,
  signal: AbortSignal,
): Promise<ScoreRule> {
  const { rule, costs, runId, scheme } = input;
  const isDifficulty = scheme.task !== 'classification' && rule.boxes.score === 'difficulty';
  const run = isDifficulty ? await deps.tracker.getRun(runId, signal) : null;
  const classWeights = run && difficultyWeights(await classQuality(deps, { run, model }, input, signal));
  return {
    ...rule,
    ...(costs && { costs: costMatrix(costs, model.classes) }),
    ...(classWeights && { boxes: { ...rule.boxes, classWeights } }),
  };
}
