import type { Datasource } from '../../core/datapoints.ts';
import { imagesInSplits } from '../../core/enriched-images.ts';
import { holdOutImages } from '../../core/hold-out-size.ts';
import { long } from '../activity-proxies.ts';
import { enterPhase } from '../enter-phase.ts';
import type { LoopRun } from '../loop-run.ts';

/** Draws the hold-out, the validation set and a first batch, before there is a model. */
export async function selectFirst(
  run: LoopRun,
  datasource: Pick<Datasource, 'id' | 'rootUrl'>,
): Promise<void> {
  enterPhase(run, 'select');
  const { spec, images } = run.state;
  await long.selectFirstBatch({
    datasourceId: datasource.id,
    rootUrl: datasource.rootUrl,
    seed: spec.seed,
    holdOutImages: holdOutImages(spec.holdOut, imagesInSplits(images)),
    ...(spec.holdOut.stratify !== undefined && { stratifyHoldOut: spec.holdOut.stratify }),
    validationImages: spec.validation.images,
    firstImages: spec.selection.firstImages,
  });
}
