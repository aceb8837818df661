import { comparesVectors, type StrategyName } from './strategy-names.ts';
import type { StrategyOptions } from './strategy.ts';

/** How a loop chooses a batch: plain JSON. */
export interface BatchRule {
  readonly strategy: StrategyName;
  /** Images of a batch at most. */
  readonly maxImages: number;
  /** Images with a higher `pred_score` are not asked (the random and the empty share excepted). 0..1. */
  readonly maxScore: number;
  /** Part of the batch drawn at random from the whole pool: the live random arm. 0..1. */
  readonly randomShare: number;
  /** Part of the batch for images in which a model that looks for objects finds none, at random among them. 0..1, 0 by default. */
  readonly emptyShare?: number | undefined;
  readonly options?: GivenOptions | undefined;
  /** Cosine from which on an image is as good as the same as a labelled or chosen one, and not chosen. 0..1. */
  readonly nearDuplicates?: number | undefined;
  /** Weights of the classes among the labels; a class that is not named has the weight 1. */
  readonly quotas?: Readonly<Record<string, number>> | undefined;
  readonly exclude?: readonly Exclusion[] | undefined;
  /** The highest by ActiveLab are asked, labelled images of another person among them. Default: images that nobody has answered. */
  readonly secondOpinions?: true | undefined;
}

/** What a loop says of its strategy; the number of classes it knows. */
export type GivenOptions = {
  readonly [Name in keyof Omit<StrategyOptions, 'classes'>]?: StrategyOptions[Name] | undefined;
};

/** Images that selection leaves alone, its random arm too. */
export type Exclusion =
  /** By a regular expression over the path. */
  | { readonly path: string }
  /** By the value of a metadata field. */
  | { readonly field: string; readonly is: string | number | boolean };

/** Whether the rule looks at feature vectors, or at the probabilities that are kept beside them. */
export function needsVectors({
  strategy,
  nearDuplicates,
  quotas,
  secondOpinions,
}: Pick<BatchRule, 'strategy' | 'nearDuplicates' | 'quotas' | 'secondOpinions'>): boolean {
  return (
    comparesVectors(strategy) ||
    nearDuplicates !== undefined ||
    quotas !== undefined ||
    secondOpinions !== undefined
  );
}

/** Whether an image, by path and metadata, is left alone. */
export function exclusion(
  rules: readonly Exclusion[] = [],
): (path: string, fields: Readonly<Record<string, string | number | boolean>>) => boolean {
  const tests = rules.map((rule) => {
    if (!('path' in rule))
      return (_: string, fields: Readonly<Record<string, unknown>>) => fields[rule.field] === rule.is;
    const pattern = new RegExp(rule.path);
    return (path: string) => pattern.test(path);
  });
  return (path, fields) => tests.some((test) => test(path, fields));
}

/** Metadata fields that the exclusions read. */
export function excludedFields(rules: readonly Exclusion[] = []): string[] {
  return rules.flatMap((rule) => ('field' in rule ? [rule.field] : []));
}
