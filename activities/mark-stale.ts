import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { RunRef } from '../core/ports.ts';
import { staleTag, staleText } from '../core/stale.ts';
import type { Truth } from '../core/truth.ts';
import type { ActivityDeps } from './activity-deps.ts';
import { keepAlive } from './keep-alive.ts';
import { readArtifact } from './read-artifact.ts';

const labelSchema = z.looseObject({ path: z.string() });
const labelsSchema = z.object({ train: z.array(labelSchema), valid: z.array(labelSchema) });
const staleSchema = z.object({ labels: z.array(z.string()), holdOut: z.array(z.string()) });
type Stale = z.output<typeof staleSchema>;

/** Artifact of a run: paths of labels that it learnt from, or was measured on, and that are other ones now. */
const stalePath = 'stale.json';

/**
 * Marks the models that learnt from labels which are others now, and those that were measured on them, by a tag on run and model version; which they are is
 * in the run's `stale.json`. A label that is what it was learnt as once more is taken out again. Repeating it changes nothing.
 *
 * @returns The cycles whose models are marked by these changes.
 */
export async function markStale(
  deps: Pick<ActivityDeps, 'tracker' | 'workDir'>,
  {
    loop,
    changes,
    holdOut,
  }: {
    loop: string;
    /** What the labels are now, by path; null: there is none. */
    changes: ReadonlyMap<string, Truth | null>;
    /** Those of them that models are measured on. */
    holdOut: readonly string[];
  },
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { tracker } = deps;
  const cycles: number[] = [];
  const experimentId = await tracker.ensureExperiment(loop, signal);
  for (const run of await tracker.listRuns(experimentId, signal)) {
    if (run.tags['labelloop.trained'] === undefined) continue;
    const labels = await labelsOf(run);
    if (!labels) continue;
    const learnt = [...changes].filter(([path]) => labels.has(path));
    const others = learnt.filter(([path, truth]) => labels.get(path) !== labelText(path, truth));
    const measured = run.tags['labelloop.evaluated'] === undefined ? [] : holdOut;
    if (learnt.length + measured.length === 0) continue;
    const before = await staleOf(run);
    const isLearnt = new Set(learnt.map(([path]) => path));
    const stale: Stale = {
      labels: union(
        before.labels.filter((path) => !isLearnt.has(path)),
        others.map(([path]) => path),
      ),
      holdOut: union(before.holdOut, measured),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(stale, null, 2));
    await tracker.putArtifact({ run, path: stalePath, bytes }, signal);
    const tags = { [staleTag]: staleText({ labels: stale.labels.length, holdOut: stale.holdOut.length }) };
    await tracker.logBatch(run.runId, { tags }, signal);
    await tracker.tagModelVersions({ name: loop, run, tags }, signal);
    if (others.length + measured.length > 0) cycles.push(Number(run.tags['labelloop.cycle']));
  }
  return cycles;

  /** What the run's model learnt from, as text by path; null where nobody kept it. */
  async function labelsOf(run: RunRef): Promise<Map<string, string> | null> {
    const labels = await artifactOf(run, 'model/labels.json', labelsSchema);
    return (
      labels && new Map([...labels.train, ...labels.valid].map((one) => [one.path, JSON.stringify(one)]))
    );
  }

  async function staleOf(run: RunRef): Promise<Stale> {
    const isMarked = run.tags[staleTag] !== undefined;
    return (isMarked ? await artifactOf(run, stalePath, staleSchema) : null) ?? { labels: [], holdOut: [] };
  }

  async function artifactOf<T>(run: RunRef, path: string, schema: z.ZodType<T>): Promise<T | null> {
    try {
      const bytes = await keepAlive(readArtifact(deps, { run, path }, signal));
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (error) {
      // People may delete artifacts; a loop must not end for it.
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}

function labelText(path: string, truth: Truth | null): string | null {
  return truth && JSON.stringify({ path, ...truth });
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])].sort();
}
