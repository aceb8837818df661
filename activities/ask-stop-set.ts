import { heartbeat } from '@temporalio/activity';
import { z } from 'zod';
import type { LabelScheme } from '../core/answers/answers.ts';
import { equals } from '../core/datapoints.ts';
import { judge } from '../core/errors.ts';
import { fields } from '../core/fields.ts';
import { hashUnit } from '../core/hash.ts';
import type { LoadedModel, RunRef } from '../core/ports.ts';
import { LowestKeys } from '../core/selection/lowest-keys.ts';
import { answerEntropy, decisionsOf, stopSetKappa, type Decisions } from '../core/stop-set.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { askImages } from './ask-images.ts';
import { chunksOf } from './chunks.ts';
import { chunkImages } from './fetch-images.ts';
import { listPaths } from './mark-batch.ts';
import { readArtifact } from './read-artifact.ts';

const artifact = 'stop-set.json';
const decisionsSchema = z.record(z.string(), z.array(z.string()));

/** What the stop set tells of a model. */
export interface StopSetFindings {
  /** With the model of the cycle before; absent where there is none that was asked. */
  readonly kappa?: number;
  /** Mean over the images, 0..1; absent where no answer has one. */
  readonly entropy?: number;
}

/**
 * Asks a model about the stop set: images of the valid split, drawn by a keyed hash, so always the same ones. Selection never touches that split, so
 * unlike the pool it does not grow easier as the hard images are taken out. The decisions are left in the run, for the next cycle's model to
 * be held against.
 */
export async function askStopSet(
  deps: Pick<ActivityDeps, 'engine' | 'tracker' | 'workDir'>,
  { run, model, before }: { run: RunRef; model: LoadedModel; before: RunRef | null },
  input: {
    datasource: { readonly id: string; readonly rootUrl: string };
    scheme: LabelScheme;
    seed: number;
    images: number;
  },
  signal: AbortSignal,
): Promise<StopSetFindings> {
  const { scheme, datasource } = input;
  const decisions: Record<string, Decisions> = {};
  const entropies: number[] = [];
  for (const paths of chunksOf(await drawn(deps, input, signal), chunkImages)) {
    const asked = { rootUrl: datasource.rootUrl, paths, model, task: scheme.task };
    for (const answer of await askImages(deps.engine, asked, signal)) {
      decisions[answer.id] = decisionsOf(answer, model, scheme.classes);
      const entropy = answerEntropy(answer, model.multiLabel);
      if (entropy !== null) entropies.push(entropy);
    }
    heartbeat({ stopSet: Object.keys(decisions).length });
  }
  const bytes = new TextEncoder().encode(JSON.stringify(decisions));
  await deps.tracker.putArtifact({ run, path: artifact, bytes }, signal);
  const earlier = before && (await decisionsOfRun(deps, before, signal));
  const kappa = earlier && stopSetKappa(decisions, earlier);
  return {
    ...(kappa !== null && { kappa }),
    ...(entropies.length > 0 && {
      entropy: entropies.reduce((sum, value) => sum + value, 0) / entropies.length,
    }),
  };
}

async function drawn(
  { engine }: Pick<ActivityDeps, 'engine'>,
  { datasource, seed, images }: { datasource: { readonly id: string }; seed: number; images: number },
  signal: AbortSignal,
): Promise<string[]> {
  const lowest = new LowestKeys(images);
  const inValid = equals(fields.split.name, 'valid', fields.split.valueType);
  for await (const paths of listPaths(engine, datasource.id, inValid, signal)) {
    for (const key of paths) lowest.offer({ key, rank: hashUnit(`${seed}/stop set`, key), tie: 0 });
    heartbeat('stop set');
  }
  return lowest.sorted().map(({ key }) => key);
}

/** Null for a run that was not asked, as the rules are younger than it, or whose artifact people deleted. */
async function decisionsOfRun(
  deps: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  run: RunRef,
  signal: AbortSignal,
): Promise<Record<string, Decisions> | null> {
  if (run.tags[stopSetTag] === undefined) return null;
  try {
    const bytes = await readArtifact(deps, { run, path: artifact }, signal);
    return decisionsSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    if (judge(error).retry) throw error;
    return null;
  }
}

/** Tag of a run that holds its model's decisions. */
export const stopSetTag = 'labelloop.stop-set';
