import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sceneClasses, writeScenes, type SceneShape } from '../../demo/scenes.ts';
import { writeJob, type JobInput, type ManifestLine } from '../../models/trainers/job.ts';

const side = 48;

/** A folder with scenes of shapes and a job that learns to find them in a few seconds; by their outlines, if that is the task. */
export async function sceneJob(
  change: Partial<JobInput> = {},
  /** Class of the first object of the second training example. */
  secondLabel?: string,
): Promise<{ dir: string; jobFile: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-scenes-'));
  const { folder, truth } = await writeScenes(dir, { count: 60, seed: 3, sidePx: side });
  const lines = [...truth].map(([name, shapes], index): ManifestLine => ({
    id: name,
    file: join(folder, name),
    width: side,
    height: side,
    labels: labelsOf(
      shapes.map((shape, place) =>
        index === 1 && place === 0 ? { ...shape, label: secondLabel ?? shape.label } : shape,
      ),
      change.task,
    ),
  }));
  const { jobFile } = await writeJob(dir, {
    jobId: 'test',
    cycle: 0,
    seed: 11,
    task: 'detection',
    classes: sceneClasses,
    input: { width: side, height: side, channels: 3 },
    train: lines.slice(0, 45),
    valid: lines.slice(45),
    params: { width: 8, steps: 120, batch: 8, lr: 0.01, evalEverySteps: 40 },
    maxSeconds: 60,
    ...change,
  });
  return { dir, jobFile };
}

function labelsOf(shapes: readonly SceneShape[], task: JobInput['task'] | undefined): ManifestLine['labels'] {
  if (task !== 'segmentation')
    return { boxes: shapes.map(({ label, boxPx: [x, y, w, h] }) => ({ label, x, y, w, h })) };
  return {
    masks: shapes.map(({ label, ringPx }) => ({
      label,
      polygons: [
        ringPx.flatMap((x, at): [number, number][] => (at % 2 === 0 ? [[x, ringPx[at + 1] ?? 0]] : [])),
      ],
    })),
  };
}
