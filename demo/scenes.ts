import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ImageObject } from '../core/formats/annotated-image.ts';
import { hash53 } from '../core/hash.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { ObjectsTruth } from '../core/truth.ts';

export const sceneClasses = ['disc', 'square', 'triangle'] as const;

export interface SceneShape {
  readonly label: string;
  /** Left, top, width, height in pixels; inside the image. */
  readonly boxPx: readonly [number, number, number, number];
  /** Its whole outline, `[x, y, …]`, also where another shape hides it; of a disc a polygon. */
  readonly ringPx: readonly number[];
}

export interface SceneImages {
  /** Folder of PNGs. */
  readonly folder: string;
  /** File name → what is in it; empty scenes are named too. */
  readonly truth: ReadonlyMap<string, readonly SceneShape[]>;
}

export interface SceneChoice {
  readonly count: number;
  readonly seed: number;
  /** Width and height of a scene; 128 by default. */
  readonly sidePx?: number;
  /** Share of the scenes without any shape; 0.1 by default. */
  readonly emptyShare?: number;
}

/** What scenes can be labelled for. */
export type SceneTask = 'detection' | 'segmentation';

type Point = readonly [number, number];

const corners = { disc: 32, square: 4, triangle: 3 } as const;

const mostShapes = 5;
/** How much of the smaller of two shapes' boxes may be hidden. */
const mostHidden = 0.25;
/** Bytes that the ground's and the shapes' colours are drawn from, channel by channel. */
const ground = [0, 110] as const;
const ink = [90, 255] as const;
/** Each byte is off by up to this. */
const noise = 16;

/**
 * Draws scenes of discs, squares and triangles, turned, of all sizes and colours, over noisy ground with strokes that are no shape: a
 * set whose boxes and outlines are exact. Equal choices draw equal scenes; a folder that is complete is left as it is.
 */
export async function writeScenes(target: string, choice: SceneChoice): Promise<SceneImages> {
  const folder = join(target, 'images');
  const truthFile = join(target, 'truth.json');
  const known = await readFile(truthFile, 'utf8').catch(() => null);
  if (known !== null)
    return { folder, truth: new Map(Object.entries(JSON.parse(known) as Record<string, SceneShape[]>)) };

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const truth = new Map<string, readonly SceneShape[]>();
  for (let index = 0; index < choice.count; index++) {
    const name = `scene-${String(index).padStart(4, '0')}.png`;
    truth.set(name, await writeScene(join(folder, name), choice, index));
  }
  // Renamed last: a folder without this file is written anew.
  await writeFile(`${truthFile}.tmp`, JSON.stringify(Object.fromEntries(truth)));
  await rename(`${truthFile}.tmp`, truthFile);
  return { folder, truth };
}

/** What a person who sees everything says of a scene: boxes, or outlines. */
export function sceneTruth(shapes: readonly SceneShape[], task: SceneTask, sidePx: number): ObjectsTruth {
  const objects = shapes.map(({ label, boxPx, ringPx }): ImageObject => ({
    label,
    shape: task === 'detection' ? { kind: 'box', boxPx } : { kind: 'polygon', ringsPx: [ringPx] },
  }));
  return { objects, sizePx: { width: sidePx, height: sidePx } };
}

async function writeScene(
  file: string,
  { seed, sidePx = 128, emptyShare = 0.1 }: SceneChoice,
  index: number,
): Promise<SceneShape[]> {
  const random = seededRandom(hash53(`${seed}/scene/${index}`));
  const wanted = random() < emptyShare ? 0 : 1 + Math.floor(random() * mostShapes);
  const shapes: SceneShape[] = [];
  const drawn: string[] = [];
  for (let tries = 0; shapes.length < wanted && tries < 50; tries++) {
    const { found, svg } = shape(random, sidePx);
    if (shapes.some((other) => hiddenShare(other.boxPx, found.boxPx) > mostHidden)) continue;
    shapes.push(found);
    drawn.push(svg);
  }
  const back = `<rect width="100%" height="100%" fill="${colour(random, ground)}"/>`;
  const strokes = Array.from({ length: 3 }, () => stroke(random, sidePx));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${sidePx}" height="${sidePx}">${back}${strokes.join('')}${drawn.join('')}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = Uint8ClampedArray.from(data, (byte) => byte + (random() - 0.5) * 2 * noise);
  await sharp(pixels, { raw: { width: sidePx, height: sidePx, channels: info.channels } })
    .png()
    .toFile(file);
  return shapes;
}

/** A shape that lies wholly inside the scene. */
function shape(random: () => number, sidePx: number): { found: SceneShape; svg: string } {
  const label = sceneClasses[Math.floor(random() * sceneClasses.length)] ?? 'disc';
  const radius = sidePx * (0.06 + 0.14 * random());
  const turn = random() * 2 * Math.PI;
  const outline = outlineOf(corners[label], radius, turn);
  const reach = (axis: 0 | 1, of: (...values: number[]) => number): number =>
    label === 'disc' ? of(-radius, radius) : of(...outline.map((point) => point[axis]));
  const [left, top] = [reach(0, Math.min), reach(1, Math.min)];
  const [width, height] = [reach(0, Math.max) - left, reach(1, Math.max) - top];
  const x = random() * (sidePx - width);
  const y = random() * (sidePx - height);
  const [cx, cy] = [x - left, y - top];
  const fill = colour(random, ink);
  const ringPx = outline.flatMap(([px, py]) => [cx + px, cy + py]);
  const points = outline.map(([px, py]) => `${(cx + px).toFixed(2)},${(cy + py).toFixed(2)}`).join(' ');
  const svg =
    label === 'disc'
      ? `<circle cx="${cx.toFixed(2)}" cy="${cy.toFixed(2)}" r="${radius.toFixed(2)}" fill="${fill}"/>`
      : `<polygon points="${points}" fill="${fill}"/>`;
  return { found: { label, boxPx: [x, y, width, height], ringPx }, svg };
}

function outlineOf(count: number, radius: number, turn: number): Point[] {
  return Array.from({ length: count }, (_, index): Point => {
    const angle = turn + (index * 2 * Math.PI) / count;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

function stroke(random: () => number, sidePx: number): string {
  const place = (): string => (random() * sidePx).toFixed(1);
  const width = (1 + random() * 2).toFixed(1);
  return `<line x1="${place()}" y1="${place()}" x2="${place()}" y2="${place()}" stroke="${colour(random, ink)}" stroke-width="${width}"/>`;
}

function colour(random: () => number, [darkest, lightest]: readonly [number, number]): string {
  const byte = (): number => Math.floor(darkest + random() * (lightest - darkest));
  return `rgb(${byte()},${byte()},${byte()})`;
}

/** Overlap as a share of the smaller box. */
function hiddenShare(a: SceneShape['boxPx'], b: SceneShape['boxPx']): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return (Math.max(0, across) * Math.max(0, down)) / Math.min(a[2] * a[3], b[2] * b[3]);
}
