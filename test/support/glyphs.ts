import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../core/seeded-random.ts';

export const glyphClasses = ['bar', 'box', 'cross'] as const;
const side = 16;

/** Writes `count` small noisy pictures of three shapes, the classes in turn; answers file name → class. */
export async function writeGlyphs(folder: string, count: number, seed: number): Promise<Map<string, string>> {
  await mkdir(folder, { recursive: true });
  const random = seededRandom(seed);
  const truth = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = `glyph-${String(index).padStart(4, '0')}.png`;
    const label = glyphClasses[index % glyphClasses.length]!;
    await sharp(glyph(label, random), { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, name));
    truth.set(name, label);
  }
  return truth;
}

function glyph(label: string, random: () => number): Uint8Array {
  const centreX = 6 + Math.floor(random() * 4);
  const centreY = 6 + Math.floor(random() * 4);
  return Uint8Array.from({ length: side * side }, (_, index) => {
    const x = Math.abs((index % side) - centreX);
    const y = Math.abs(Math.floor(index / side) - centreY);
    const isInk = { bar: x <= 1 && y <= 5, box: Math.max(x, y) === 4, cross: x === y && x <= 5 }[label];
    return Math.round((isInk ? 200 : 40) + random() * 55);
  });
}
