import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../core/seeded-random.ts';
import { writeJob, type JobInput, type ManifestLine } from '../../models/trainers/job.ts';

/** Drawings of a small problem that a network must learn: moved, brightened and noisy, so that no single pixel decides. */
export const glyphClasses = ['ring', 'cross', 'bars'];
export const side = 10;

const forms: Record<string, (x: number, y: number) => boolean> = {
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 2.5) < 0.8,
  cross: (x, y) => (Math.abs(x) < 0.8 || Math.abs(y) < 0.8) && Math.hypot(x, y) < 3.6,
  bars: (x, y) => Math.abs(x) < 3.6 && Math.abs(y) < 3.6 && (Math.round(y) + 8) % 2 === 0,
};

export async function glyph(name: string, seed: number): Promise<Buffer> {
  const random = seededRandom(seed);
  const [cx, cy] = [3.5 + random() * 2, 3.5 + random() * 2];
  const light = 120 + random() * 100;
  const pixels = Uint8Array.from({ length: side * side }, (_, index) => {
    const isInk = forms[name]!((index % side) - cx, Math.floor(index / side) - cy);
    return Math.round((isInk ? light : 20) + random() * 35);
  });
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

/** A folder with images and a job that learns them in about a second. */
export async function glyphJob(
  change: Partial<JobInput> = {},
  /** Class of the second training example. */
  secondLabel = glyphClasses[1]!,
): Promise<{ dir: string; jobFile: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'labelloop-glyphs-'));
  await mkdir(join(dir, 'images'));
  const lines = await Promise.all(
    Array.from({ length: 90 }, async (_, index): Promise<ManifestLine> => {
      const label = glyphClasses[index % glyphClasses.length]!;
      const file = join(dir, 'images', `${index}.png`);
      await writeFile(file, await glyph(label, index));
      return {
        id: `glyph-${String(index).padStart(3, '0')}`,
        file,
        labels: { class: index === 1 ? secondLabel : label },
      };
    }),
  );
  const { jobFile } = await writeJob(dir, {
    jobId: 'test',
    cycle: 0,
    seed: 11,
    task: 'classification',
    classes: glyphClasses,
    input: { width: side, height: side, channels: 1 },
    train: lines.slice(0, 45),
    valid: lines.slice(45),
    params: { width: 4, steps: 60, batch: 16, lr: 0.01 },
    maxSeconds: 60,
    ...change,
  });
  return { dir, jobFile };
}
