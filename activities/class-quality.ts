import { z } from 'zod';
import type { LabelScheme } from '../core/answers/answers.ts';
import { equals } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { LoadedModel, RunRef } from '../core/ports.ts';
import { ClassQuality } from '../core/scores/class-difficulty.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askImages } from './ask-images.ts';
import { chunksOf } from './chunks.ts';
import { chunkImages } from './fetch-images.ts';
import { labelledDatapoints } from './labelled-datapoints.ts';
import { runArtifact } from './run-artifact.ts';

const path = 'scoring/class-quality.json';
const qualitySchema = z.record(z.string(), z.number().min(0).max(1));

/**
 * How well a run's model does each class, on the validation set: it has not learnt from these images, and the hold-out measures and does nothing else.
 * Kept in the run, so that all shards and later cycles of one model weigh alike.
 */
export async function classQuality(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'workDir'>,
  { run, model }: { run: RunRef; model: LoadedModel },
  {
    datasource,
    scheme,
  }: { datasource: { readonly id: string; readonly rootUrl: string }; scheme: LabelScheme },
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const bytes = await runArtifact(deps, { run, path }, measure, signal);
  return qualitySchema.parse(JSON.parse(new TextDecoder().decode(bytes)));

  async function measure(): Promise<Uint8Array> {
    const quality = new ClassQuality(model.classes);
    const where = equals(fields.selectedAs.name, 'validation', fields.selectedAs.valueType);
    const input = { datasourceId: datasource.id, where, scheme };
    for await (const page of labelledDatapoints(deps, input, signal))
      for (const chunk of chunksOf(page, chunkImages)) {
        const truths = new Map(chunk.map(({ path: image, truth }) => [image, truth]));
        const asked = { rootUrl: datasource.rootUrl, paths: [...truths.keys()], model, task: scheme.task };
        for (const answer of await askImages(deps.engine, asked, signal)) {
          const truth = truths.get(answer.id);
          if (truth && 'objects' in truth && 'detections' in answer)
            quality.add(truth.objects, answer.detections);
        }
      }
    return new TextEncoder().encode(`${JSON.stringify(quality.byClass(), null, 1)}\n`);
  }
}
