import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../../core/seeded-random.ts';
import type { ManifestLine, TrainJob } from '../job.ts';

export const sampleClasses = ['disc', 'square', 'triangle'] as const;

/** Images of coloured forms on noise, and what is on them. */
export interface SampleData {
  readonly train: readonly ManifestLine[];
  readonly valid: readonly ManifestLine[];
  /** Never shown to the trainer. */
  readonly unseen: readonly ManifestLine[];
}

type Task = TrainJob['task'];
type Point = [number, number];
interface Form {
  readonly label: string;
  readonly outline: readonly Point[];
  readonly colour: readonly number[];
}

const counts = {
  classification: { train: 48, valid: 24, unseen: 60 },
  detection: { train: 32, valid: 12, unseen: 0 },
  segmentation: { train: 32, valid: 12, unseen: 0 },
} as const satisfies Record<Task, Record<keyof SampleData, number>>;

/** Wider than high, and no size that a model takes: whoever resizes in another way is found by the self-test. */
const sizePx = { width: 80, height: 60 } as const;

const corners = { disc: 16, square: 4, triangle: 3 } as const;
const colours = { disc: [200, 70, 60], square: [60, 180, 80], triangle: [70, 90, 210] } as const;

/** Draws a small problem of the task into a folder; the same one every time. */
export async function drawSampleData(dir: string, task: Task): Promise<SampleData> {
  await mkdir(dir, { recursive: true });
  const draw = async (set: keyof SampleData): Promise<ManifestLine[]> =>
    Promise.all(
      Array.from({ length: counts[task][set] }, async (_, index): Promise<ManifestLine> => {
        const id = `${set}-${String(index).padStart(3, '0')}`;
        const random = seededRandom(index + 1000 * ['train', 'valid', 'unseen'].indexOf(set));
        const forms = formsOf(task, index, random);
        const file = join(dir, `${id}.png`);
        await writeFile(file, await picture(forms, random));
        return { id, file, ...sizePx, labels: labelsOf(task, forms) };
      }),
    );
  return { train: await draw('train'), valid: await draw('valid'), unseen: await draw('unseen') };
}

function formsOf(task: Task, index: number, random: () => number): Form[] {
  const { width, height } = sizePx;
  if (task === 'classification') {
    const radius = 17 + 8 * random();
    return [
      form(index, width / 2 + 16 * (random() - 0.5), height / 2 + 8 * (random() - 0.5), radius, random),
    ];
  }
  // Every eighth image is empty: an image without objects is an answer, too.
  const count = index % 8 === 7 ? 0 : 1 + Math.floor(2 * random());
  return Array.from({ length: count }, (_, place) => {
    const radius = 9 + 6 * random();
    const x = width * (0.25 + 0.5 * place) + 6 * (random() - 0.5);
    return form(index + place, x, height / 2 + 20 * (random() - 0.5), radius, random);
  });
}

function form(number: number, x: number, y: number, radius: number, random: () => number): Form {
  const label = sampleClasses[number % sampleClasses.length] ?? 'disc';
  const count = corners[label];
  // A square stands on its side, a triangle too.
  const turn = label === 'square' ? Math.PI / 4 : Math.PI / 6;
  const outline = Array.from({ length: count }, (_, corner): Point => {
    const angle = turn + (2 * Math.PI * corner) / count;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  return { label, outline, colour: colours[label].map((value) => value + 40 * (random() - 0.5)) };
}

function labelsOf(task: Task, forms: readonly Form[]): ManifestLine['labels'] {
  if (task === 'classification') return { class: forms[0]?.label ?? '' };
  if (task === 'segmentation')
    return { masks: forms.map(({ label, outline }) => ({ label, polygons: [[...outline]] })) };
  return {
    boxes: forms.map(({ label, outline }) => {
      const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      return { label, x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
    }),
  };
}

async function picture(forms: readonly Form[], random: () => number): Promise<Buffer> {
  const { width, height } = sizePx;
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const top = forms.findLast(({ outline }) => isInside(outline, x + 0.5, y + 0.5));
      for (let channel = 0; channel < 3; channel++)
        pixels[(y * width + x) * 3 + channel] = (top?.colour[channel] ?? 60) + 30 * random();
    }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Even–odd rule. */
function isInside(outline: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (const [index, [x1, y1]] of outline.entries()) {
    const [x2, y2] = outline[(index + 1) % outline.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}
