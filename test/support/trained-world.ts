import { createHash } from 'node:crypto';
import { AnnotatedWorld, classes } from './annotated-world.ts';

/** A world whose images are all in the pool, and the run of a model over {@link classes}. */
export async function trainedWorld(
  count: number,
  { card = { classes }, ...options }: { pageImages?: number; card?: object } = {},
): Promise<{ world: AnnotatedWorld; runId: string }> {
  const world = await AnnotatedWorld.create(count, options);
  await world.set(0, count, { split: 'train' });
  const experimentId = await world.tracker.ensureExperiment('glyphs');
  const run = await world.tracker.ensureRun({ experimentId, key: 'k', name: 'n', startTimeMs: 0, tags: {} });
  const sha256 = createHash('sha256').update('a network').digest('hex');
  for (const [path, text] of [
    ['model.onnx', 'a network'],
    ['model.json', JSON.stringify({ ...card, sha256 })],
  ])
    await world.tracker.putArtifact({ run, path: `model/${path}`, bytes: new TextEncoder().encode(text) });
  return { world, runId: run.runId };
}
