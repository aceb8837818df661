import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../core/seeded-random.ts';
import type { ObjectsTruth } from '../../core/truth.ts';

export const blockClasses = ['amber', 'violet'] as const;
export const blockScenePx = 64;
const colours = { amber: '#f5c000', violet: '#7a2cf0' };

/**
 * Writes `count` pictures of three blocks, one to a quarter of the picture, as easy as finding objects gets: a detector of a few seconds finds
 * most. Answers file name → what is on it.
 */
export async function writeBlocks(
  folder: string,
  count: number,
  seed: number,
): Promise<Map<string, ObjectsTruth>> {
  await mkdir(folder, { recursive: true });
  const random = seededRandom(seed);
  const truth = new Map<string, ObjectsTruth>();
  for (let index = 0; index < count; index++) {
    const name = `blocks-${String(index).padStart(3, '0')}.png`;
    const empty = Math.floor(random() * 4);
    const objects = [0, 1, 2, 3]
      .filter((quarter) => quarter !== empty)
      .map((quarter) => {
        const label = blockClasses[Math.floor(random() * blockClasses.length)] ?? 'amber';
        return { label, shape: { kind: 'box' as const, boxPx: boxIn(quarter, random) } };
      });
    const drawn = objects.map(
      ({
        label,
        shape: {
          boxPx: [x, y, width, height],
        },
      }) => `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${colours[label]}"/>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${blockScenePx}" height="${blockScenePx}"><rect width="100%" height="100%" fill="#202020"/>${drawn.join('')}</svg>`;
    await sharp(Buffer.from(svg)).removeAlpha().png().toFile(join(folder, name));
    truth.set(name, { objects, sizePx: { width: blockScenePx, height: blockScenePx } });
  }
  return truth;
}

/** Whole pixels, and away from the other quarters. */
function boxIn(quarter: number, random: () => number): readonly [number, number, number, number] {
  const [width, height] = [12 + Math.floor(random() * 10), 12 + Math.floor(random() * 10)];
  const offset = (size: number) => 3 + Math.floor(random() * (26 - size));
  return [32 * (quarter % 2) + offset(width), 32 * Math.floor(quarter / 2) + offset(height), width, height];
}
