import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sceneClasses, writeScenes } from '../../demo/scenes.ts';
import { writeJob, type JobInput, type ManifestLine } from '../../models/trainers/job.ts';

const side = 48;

/** A folder with scenes of shapes and a job that learns to find them in a few seconds. */
export async function sceneJob(
  change: Partial<JobInput> = {},
  /** Class of the first object of the second training example. */
  secondLabel?: string,
): Promise<{ dir: string; jobFile: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-scenes-'));
  const { folder, truth } = await writeScenes(dir, { count: 60, seed: 3, sidePx: side });
  const lines = [...truth].map(([name, boxes], index): ManifestLine => ({
    id: name,
    file: join(folder, name),
    width: side,
    height: side,
    labels: {
      boxes: boxes.map(({ label, boxPx: [x, y, w, h] }, place) => ({
        label: index === 1 && place === 0 ? (secondLabel ?? label) : label,
        x,
        y,
        w,
        h,
      })),
    },
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
