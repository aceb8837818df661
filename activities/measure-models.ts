import { heartbeat } from '@temporalio/activity';
import type { LabelScheme } from '../core/answers/answers.ts';
import { equals } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { evaluatorOf, type Evaluation } from '../core/evaluation/evaluation.ts';
import { fields } from '../core/fields.ts';
import type { LoadedModel } from '../core/ports.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askImages } from './ask-images.ts';
import { breather } from './breather.ts';
import { chunkImages } from './fetch-images.ts';
import { labelledDatapoints, type LabelledDatapoint } from './labelled-datapoints.ts';

export interface MeasuredModels {
  /** In the order of the models. */
  readonly evaluations: readonly Evaluation[];
  readonly unreadable: number;
}

/**
 * Measures models on the annotated hold-out, side by side; an image that any of them cannot read counts for none.
 * Heartbeats.
 *
 * @throws {@link DomainError} when no image of the hold-out can be measured.
 */
export async function measureModels(
  deps: Pick<ActivityDeps, 'engine' | 'workDir'>,
  models: readonly LoadedModel[],
  input: { datasource: { readonly id: string; readonly rootUrl: string }; scheme: LabelScheme },
  signal: AbortSignal,
): Promise<MeasuredModels> {
  const { datasource, scheme } = input;
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
    for (const model of models) {
      // Each by itself: images are handed over to a model, and what the one has decoded the next finds kept.
      const said = await askImages(deps.engine, { rootUrl, paths, model, task: scheme.task }, signal);
      answers.push(new Map(said.map((answer) => [answer.id, answer])));
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
