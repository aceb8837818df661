import type { Truth } from '../truth.ts';
import type { ObjectOpinion } from './object-agreement.ts';
import type { Opinion } from './opinions.ts';

/** What one person said of one datapoint. */
export interface TruthOpinion {
  readonly path: string;
  readonly annotator: string;
  readonly truth: Truth;
}

/** Those that name a class, and those that draw objects. */
export function opinionsByKind(opinions: readonly TruthOpinion[]): {
  labels: Opinion[];
  drawn: ObjectOpinion[];
} {
  const labels: Opinion[] = [];
  const drawn: ObjectOpinion[] = [];
  for (const { truth, ...who } of opinions)
    if ('label' in truth) labels.push({ ...who, label: truth.label });
    else drawn.push({ ...who, truth });
  return { labels, drawn };
}
