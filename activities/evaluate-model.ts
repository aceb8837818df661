import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { z } from 'zod';
import type { LabelScheme } from '../core/answers/answers.ts';
import { equals } from '../core/datapoints.ts';
import { DomainError } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { bootstrapInterval } from '../core/metrics/bootstrap-interval.ts';
import { classificationMetrics } from '../core/metrics/classification-metrics.ts';
import { confusionMatrix } from '../core/metrics/confusion-matrix.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { chunkImages, fetchImages } from './fetch-images.ts';
import { labelledDatapoints, type LabelledDatapoint } from './labelled-datapoints.ts';
import { keepAlive } from './keep-alive.ts';
import { modelFolder } from './model-folder.ts';

export interface EvaluateModelInput {
  readonly runId: string;
  readonly datasource: { readonly id: string; readonly rootUrl: string };
  readonly scheme: LabelScheme;
  readonly seed: number;
  /** Base of the metric timestamps: the same for every attempt. */
  readonly startTimeMs: number;
}

const resultSchema = z.object({
  /** Hold-out images measured. */
  holdOut: z.number(),
  /** What the loop is judged by. */
  metric: z.object({ name: z.string(), value: z.number(), low: z.number(), high: z.number() }),
  /** Further metrics by name, 0..1. */
  others: z.record(z.string(), z.number()),
  unreadable: z.number(),
});
export type EvaluateModelResult = z.output<typeof resultSchema>;

/** Tag of a run whose metrics are complete; its value is the step's result. */
const doneTag = 'labelloop.evaluated';

export function evaluateModelActivity(deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'runner' | 'workDir'>) {
  const { engine, tracker, runner } = deps;
  return {
    /**
     * Measures a run's model on the annotated hold-out, which was drawn at random and was never selectable: macro recall with its 95 %
     * bootstrap interval, accuracy, macro F1, confusion matrix. Logged to the same run. Key: the run.
     *
     * @throws {@link DomainError} when the hold-out has no annotation: final.
     */
    async evaluateModel(input: EvaluateModelInput): Promise<EvaluateModelResult> {
      const signal = cancellationSignal();
      const run = await tracker.getRun(input.runId, signal);
      const done = run.tags[doneTag];
      if (done !== undefined) return resultSchema.parse(JSON.parse(done));

      const { classes } = input.scheme;
      const { truth, predicted, unreadable } = await predictHoldOut(input, signal);
      if (truth.length === 0)
        throw new DomainError('No hold-out image is annotated; the model cannot be measured.');
      const matrix = confusionMatrix(truth, predicted, classes.length);
      const { macroRecall, accuracy, macroF1 } = classificationMetrics(matrix);
      const interval = bootstrapInterval(truth.length, macroRecallOf(truth, predicted, classes), input.seed);
      const metric = { name: 'macro recall', value: macroRecall, ...interval };
      const result = { holdOut: truth.length, metric, others: { accuracy }, unreadable };

      const report = { ...result, macroF1, classes, confusionMatrix: matrix };
      const bytes = new TextEncoder().encode(JSON.stringify(report, null, 2));
      await tracker.putArtifact({ run, path: 'evaluation.json', bytes }, signal);
      const metrics = Object.entries({
        holdout_macro_recall: macroRecall,
        holdout_macro_recall_low: interval.low,
        holdout_macro_recall_high: interval.high,
        holdout_accuracy: accuracy,
        holdout_macro_f1: macroF1,
        holdout_images: truth.length,
      }).map(([key, value]) => ({ key, value, step: 0, timestampMs: input.startTimeMs }));
      await tracker.logBatch(run.runId, { metrics }, signal);
      await tracker.logBatch(run.runId, { tags: { [doneTag]: JSON.stringify(result) } }, signal);
      return result;
    },
  };

  async function predictHoldOut(input: EvaluateModelInput, signal: AbortSignal) {
    const { datasource, scheme } = input;
    const { classes } = scheme;
    const model = await runner.load(await modelFolder(deps, input.runId, signal));
    const where = equals(fields.selectedAs.name, 'hold-out', fields.selectedAs.valueType);
    const pages = labelledDatapoints(deps, { datasourceId: datasource.id, where, scheme }, signal);
    const truth: number[] = [];
    const predicted: number[] = [];
    let unreadable = 0;
    for await (const page of pages)
      for (let start = 0; start < page.length; start += chunkImages) {
        await predictChunk(page.slice(start, start + chunkImages));
        heartbeat({ images: truth.length });
      }
    return { truth, predicted, unreadable };

    async function predictChunk(chunk: readonly LabelledDatapoint[]): Promise<void> {
      const labels = new Map(chunk.map(({ path, truth: said }) => [path, 'label' in said ? said.label : '']));
      const images = { rootUrl: datasource.rootUrl, paths: [...labels.keys()], model };
      const { items, missing } = await fetchImages(engine, images, signal);
      for (const answer of [...missing, ...(await keepAlive(model.classify(items, signal)))]) {
        if ('unreadable' in answer) {
          unreadable += 1;
          continue;
        }
        const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
        truth.push(classes.indexOf(labels.get(answer.id) ?? ''));
        predicted.push(classes.indexOf(model.classes[best] ?? ''));
      }
    }
  }
}

function macroRecallOf(truth: readonly number[], predicted: readonly number[], classes: readonly string[]) {
  return (indices: Uint32Array): number => {
    const hits = new Uint32Array(classes.length);
    const totals = new Uint32Array(classes.length);
    for (const index of indices) {
      const trueClass = truth[index] ?? 0;
      totals[trueClass] = (totals[trueClass] ?? 0) + 1;
      if (predicted[index] === trueClass) hits[trueClass] = (hits[trueClass] ?? 0) + 1;
    }
    let sum = 0;
    let occurring = 0;
    totals.forEach((total, index) => {
      if (total === 0) return;
      sum += (hits[index] ?? 0) / total;
      occurring += 1;
    });
    return sum / occurring;
  };
}
