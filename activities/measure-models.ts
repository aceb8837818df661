import { heartbeat } from '@temporalio/activity';
import type { LabelScheme } from '../core/answers/answers.ts';
import { equals } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { evaluatorOf, type Evaluation } from '../core/evaluation/evaluation.ts';
import { fields } from '../core/fields.ts';
import type { Classified, Detected, LoadedModel, Unreadable } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askImages } from './ask-images.ts';
import { breather } from './breather.ts';
import { chunkImages } from './fetch-images.ts';
import { labelledDatapoints, type LabelledDatapoint } from './labelled-datapoints.ts';
import type { PredictLosses } from './predicted-losses.ts';

export interface MeasuredModels {
  /** In the order of the models. */
  readonly evaluations: readonly Evaluation[];
  readonly unreadable: number;
}

/**
 * Measures models on the annotated hold-out, side by side; an image that any of them cannot read counts for none.
 * Heartbeats.
 *
 * @param input - `losses` predicts the first model's, where it does not itself.
 * @throws {@link DomainError} when no image of the hold-out can be measured.
 */
export async function measureModels(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  models: readonly LoadedModel[],
  input: {
    datasource: { readonly id: string; readonly rootUrl: string };
    scheme: LabelScheme;
    losses?: PredictLosses | undefined;
  },
  signal: AbortSignal,
): Promise<MeasuredModels> {
  const { datasource, scheme, losses } = input;
  const evaluators = models.map(() => evaluatorOf(scheme));
  const breathe = breather();
  let images = 0;
  let unreadable = 0;
  const where = equals(fields.selectedAs.name, 'hold-out', fields.selectedAs.valueType);
  for await (const page of labelledDatapoints(deps, { datasourceId: datasource.id, where, scheme }, signal))
    for (let start = 0; start < page.length; start += chunkImages) {
      await measureChunk(page.slice(start, start + chunkImages));
      heartbeat({ images });
    }
  if (images === 0) throw new DomainError('No hold-out image is annotated; the model cannot be measured.');
  return { evaluations: evaluators.map((one) => one.evaluation()), unreadable };

  async function measureChunk(chunk: readonly LabelledDatapoint[]): Promise<void> {
    const paths = chunk.map(({ path }) => path);
    const { rootUrl } = datasource;
    const answers = [];
    for (const [index, model] of models.entries()) {
      const predictLosses = index === 0 ? losses : undefined;
      // Each by itself: images are handed over to a model, and what the one has decoded the next finds kept.
      const embed = predictLosses !== undefined;
      const said = await askImages(deps.engine, { rootUrl, paths, model, task: scheme.task, embed }, signal);
      answers.push(new Map(readable(predictLosses?.(said) ?? said).map((answer) => [answer.id, answer])));
    }
    for (const { path, truth } of chunk) {
      const said = answers.flatMap((byPath) => byPath.get(path) ?? []);
      if (said.length < models.length) {
        unreadable += 1;
        continue;
      }
      images += 1;
      said.forEach((answer, index) =>
        evaluators[index]?.add({ path, truth, answer }, models[index]?.classes ?? []),
      );
      await breathe();
    }
  }
}

function readable(answers: readonly (Classified | Detected | Unreadable)[]): (Classified | Detected)[] {
  return answers.flatMap((answer) => ('unreadable' in answer ? [] : [answer]));
}
