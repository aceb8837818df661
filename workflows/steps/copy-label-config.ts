import { labelScheme, type LoopSpec } from '../../core/loop-spec.ts';
import { quick } from '../activity-proxies.ts';

/** Another project's labelling config is the loop's own from here on: what becomes of it there does not matter. */
export async function copyLabelConfig(spec: LoopSpec): Promise<void> {
  const { copyFrom } = spec.review;
  if (copyFrom === undefined) return;
  spec.review.labelConfig = await quick.copyLabelConfig({ title: copyFrom, scheme: labelScheme(spec) });
}
