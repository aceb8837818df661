import type { CollectedReview } from '../activities/collect-annotations.ts';
import { opinionRule } from '../core/opinions/opinion-rule.ts';
import { datasourceName, labelScheme, type LoopSpec } from '../core/loop-spec.ts';
import { long } from './activity-proxies.ts';

/** Step 11 once more, over all reviews of a loop that no longer runs: what people corrected, deleted or answered after its end. */
export async function collectReviews({ spec }: { spec: LoopSpec }): Promise<readonly CollectedReview[]> {
  const { copyFrom } = spec.review;
  const scheme = labelScheme(spec);
  const labelConfig =
    copyFrom === undefined ? undefined : await long.copyLabelConfig({ title: copyFrom, scheme });
  const { id } = await long.ensureDatasource({ name: datasourceName(spec), rootUrl: spec.datasource.path });
  const opinions = opinionRule(spec);
  return long.collectAnnotations({
    loop: spec.loop,
    datasourceId: id,
    scheme: { ...scheme, ...(labelConfig !== undefined && { labelConfig }) },
    reviews: [],
    whole: true,
    ...(opinions && { opinions }),
    ...(spec.review.projects === 'loop' && { oneProject: true }),
  });
}
