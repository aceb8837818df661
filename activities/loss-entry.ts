import { resultOfBlob } from '../core/annotation-blob.ts';
import type { Answers } from '../core/answers/answers.ts';
import type { MetadataEntry } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import { predictionLoss } from '../core/prediction-loss.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { cachedBlob } from './blob-cache.ts';

/** `pred_loss` of an image: how wrong the prediction was that stood before its label. @param label - `prediction`: its blob's hash. */
export async function lossEntry(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  { path, prediction, truth }: { path: string; prediction: string; truth: Truth },
  answers: Answers,
  signal: AbortSignal,
): Promise<MetadataEntry> {
  const what = `The prediction of "${path}"`;
  const predicted = answers.truthOf(resultOfBlob(await cachedBlob(deps, prediction, signal), what), what);
  return { path, key: fields.predLoss.name, valueType: 'FLOAT', value: predictionLoss(predicted, truth) };
}
