import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { outlineOfMask } from '../core/formats/mask-outline.ts';
import { maskArea } from '../core/formats/pixel-mask.ts';
import type { Detected } from '../core/ports.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { modelCardSchema } from '../models/card.ts';
import { objectReader, outlineTolerancePx } from '../models/runner/object-reader.ts';
import { packageFile } from '../stack/program-entry.ts';
import { ensurePythonVenv } from '../stack/python-venv.ts';
import { runCommand } from '../stack/run-command.ts';
import { Bounds } from './bounds.ts';

/** The output of yolov8n-seg for 640 pixels. */
const [classes, coefficients, cells, grid, side] = [80, 32, 8400, 160, 640];
/** A photo that was letterboxed for it. */
const image = { pixels: new Uint8Array(), widthPx: 1280, heightPx: 720 };
const [objects, threshold, iou] = [10, 0.25, 0.7];
const [rounds, times] = [5, 30];
/** Sums are rounded in another order: where one is 0 to the seventh digit, a pixel may fall the other way, and a few points with it. */
const roundedShare = 1e-4;
const differentPoints = 6;

interface PythonAnswer {
  readonly milliseconds: number;
  readonly objects: readonly {
    readonly class: number;
    readonly score: number;
    readonly pixels: number;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

/**
 * Boxes, suppression, masks and outlines of one raw output with ten objects, by our reader and by numpy and OpenCV, in turn, each on one thread.
 * Both find the same objects, pixels and outlines and simplify these by the same tolerance; ours writes the masks as runs besides.
 *
 * @throws Error when the two differ, or we are not three times as fast.
 */
export async function benchMasks(): Promise<void> {
  const bin = await ensurePythonVenv({
    venvDir: resolve('.labelloop/venv'),
    name: 'opencv',
    env: process.env,
    report: (message) => console.log(`numpy and OpenCV: ${message}`),
  });
  const folder = await mkdtemp(join(tmpdir(), 'labelloop-bench-'));
  try {
    const { output0, output1 } = rawOutput();
    await writeFile(join(folder, 'output0.f32'), new Uint8Array(output0.buffer));
    await writeFile(join(folder, 'output1.f32'), new Uint8Array(output1.buffer));
    const ours = ourReader(output0, output1);
    const pythonMs: number[] = [];
    const oursMs: number[] = [];
    let python: PythonAnswer | undefined;
    // Compiled by now, as in a worker that has seen some images.
    for (let time = 0; time < 5 * times; time++) ours();
    for (let round = 0; round < rounds; round++) {
      python = await numpyAndOpenCv(join(bin, 'python'), folder);
      pythonMs.push(python.milliseconds);
      oursMs.push(cpuMillisecondsOf(ours));
    }
    const answer = ours();
    if (!python) throw new Error('no round was run');
    const points = assertSame(answer, python);
    const simple = answer.detections.reduce((sum, { ringsPx = [] }) => sum + ringsPx.flat().length / 2, 0);
    console.log(
      `${answer.detections.length} objects of ${cells} cells; outlines of ${points} points, simplified to ${simple}`,
    );
    console.log(
      `  ours: ${median(oursMs).toFixed(2)} CPU ms   numpy and OpenCV: ${median(pythonMs).toFixed(2)} CPU ms`,
    );
    const bounds = new Bounds();
    bounds.atLeast(
      '  numpy and OpenCV ÷ ours',
      median(pythonMs.map((ms, round) => ms / (oursMs[round] ?? NaN))),
      3,
    );
    bounds.assert();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ellipses with wavy rims: each is said by a few cells around its centre, and all cells say a little of everything. */
function rawOutput(): { output0: Float32Array; output1: Float32Array } {
  const random = seededRandom(11);
  const output0 = new Float32Array((4 + classes + coefficients) * cells);
  const output1 = new Float32Array(coefficients * grid * grid);
  const set = (row: number, cell: number, value: number) => (output0[row * cells + cell] = value);
  for (let cell = 0; cell < cells; cell++)
    for (let kind = 0; kind < classes; kind++) set(4 + kind, cell, random() * 0.01);
  const waves = Array.from({ length: coefficients - 5 }, () => [random(), random(), random() * 6] as const);
  for (let y = 0; y < grid; y++)
    for (let x = 0; x < grid; x++) {
      const [u, v] = [x / grid, y / grid];
      const fields = [1, u, v, u * u, v * v, ...waves.map(([a, b, c]) => Math.cos(30 * (a * u + b * v) + c))];
      fields.forEach((value, place) => (output1[place * grid * grid + y * grid + x] = value));
    }
  for (let object = 0; object < objects; object++) {
    // In the middle: above and below lies the border.
    const [u, v] = [0.15 + 0.7 * random(), 0.3 + 0.4 * random()];
    const [across, down] = [0.05 + 0.09 * random(), 0.05 + 0.09 * random()];
    const kind = Math.floor(random() * classes);
    // Above 0 inside of the ellipse.
    const bend = [1 / across ** 2, 1 / down ** 2] as const;
    const ellipse = [
      1 - bend[0] * u * u - bend[1] * v * v,
      2 * bend[0] * u,
      2 * bend[1] * v,
      -bend[0],
      -bend[1],
    ];
    const mix = [...ellipse, ...waves.map(() => (random() - 0.5) * 0.03)];
    for (let echo = 0; echo < 8; echo++) {
      const cell = Math.floor(random() * cells);
      const shift = () => (random() - 0.5) * 4;
      const box = [
        u * side + shift(),
        v * side + shift(),
        2.1 * across * side + shift(),
        2.1 * down * side + shift(),
      ];
      box.forEach((value, place) => set(place, cell, value));
      set(4 + kind, cell, 0.5 + 0.4 * random());
      mix.forEach((value, place) => set(4 + classes + place, cell, value));
    }
  }
  return { output0, output1 };
}

function ourReader(output0: Float32Array, output1: Float32Array): () => Omit<Detected, 'id'> {
  const input = {
    name: 'images',
    dtype: 'float32',
    layout: 'NCHW',
    width: side,
    height: side,
    channels: 3,
    color: 'RGB',
  };
  const output = {
    kind: 'yolo-seg',
    names: ['output0', 'output1'],
    score_threshold: threshold,
    iou_threshold: iou,
  };
  const reader = objectReader(
    modelCardSchema.parse({
      schema: 'al-model/1',
      task: 'segmentation',
      classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
      input: { ...input, resize: 'letterbox', normalisation: 'by-host' },
      output,
      opset: 17,
      sha256: '0'.repeat(64),
      metrics: {},
      trainer: { name: 'bench', version: '1' },
      params: {},
      seed: 0,
      data: { train: 0, valid: 0, train_sha256: '', valid_sha256: '' },
    }),
  );
  const outputs = {
    output0: new Tensor('float32', output0, [1, 4 + classes + coefficients, cells]),
    output1: new Tensor('float32', output1, [1, coefficients, grid, grid]),
  };
  return () => reader.read([outputs], [image])[0] ?? { widthPx: 0, heightPx: 0, detections: [] };
}

async function numpyAndOpenCv(python: string, folder: string): Promise<PythonAnswer> {
  const file = join(folder, 'answer.json');
  const numbers = [
    classes,
    coefficients,
    cells,
    grid,
    side,
    image.widthPx,
    image.heightPx,
    threshold,
    iou,
    outlineTolerancePx,
    times,
  ].map(String);
  const command = [packageFile(import.meta.url, 'bench/masks_numpy.py'), file, folder, ...numbers];
  const env = { PATH: process.env['PATH'], OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const { code, lines } = await runCommand(python, command, { env });
  if (code !== 0) throw new Error(`numpy and OpenCV failed:\n${lines.join('\n')}`);
  return JSON.parse(await readFile(file, 'utf8')) as PythonAnswer;
}

/** Answers the points of all outlines. */
function assertSame({ detections }: Omit<Detected, 'id'>, python: PythonAnswer): number {
  if (detections.length !== python.objects.length)
    throw new Error(`we find ${detections.length} objects, numpy and OpenCV ${python.objects.length}`);
  let points = 0;
  for (const [index, { label, mask }] of detections.entries()) {
    const other = python.objects[index];
    if (!mask || !other || label !== `class ${other.class}`)
      throw new Error(`object ${index} is another one`);
    if (Math.abs(maskArea(mask) - other.pixels) > roundedShare * other.pixels)
      throw new Error(`object ${index} has ${maskArea(mask)} pixels here, ${other.pixels} there`);
    const ours = new Set(outlineOfMask(mask).flatMap((ring) => rimPixels(ring).map(String)));
    const strangers = other.points.filter((point) => !ours.delete(String(point)));
    if (strangers.length + ours.size > differentPoints)
      throw new Error(
        `object ${index}: ${strangers.length} of OpenCV's points are not on our outline, ${ours.size} of ours not on its`,
      );
    points += other.points.length;
  }
  return points;
}

/**
 * The corners of the way through the object's pixels along an outline: what OpenCV's simple chain keeps. Holes, which it is not asked for, have
 * none.
 */
function rimPixels(ring: readonly number[]): [number, number][] {
  const way: [number, number][] = [];
  for (let at = 0; at < ring.length; at += 2) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [0, 1, 2, 3].map((step) => ring[(at + step) % ring.length]);
    const [dx, dy] = [Math.sign(x2 - x1), Math.sign(y2 - y1)];
    for (let step = 0; step < Math.abs(x2 - x1) + Math.abs(y2 - y1); step++) {
      // The pixel on the right hand of this piece of edge.
      const [x, y] = [x1 + step * dx, y1 + step * dy];
      way.push([dx === 1 || dy === -1 ? x : x - 1, dx === 1 || dy === 1 ? y : y - 1]);
    }
  }
  const moved = way.filter(([x, y], index) => {
    const [beforeX, beforeY] = way.at(index - 1) ?? [];
    return x !== beforeX || y !== beforeY;
  });
  return moved.filter(([x, y], index) => {
    const [beforeX = 0, beforeY = 0] = moved.at(index - 1) ?? [];
    const [afterX = 0, afterY = 0] = moved[(index + 1) % moved.length] ?? [];
    return afterX - x !== x - beforeX || afterY - y !== y - beforeY;
  });
}

/** Of the processor, for one time: it hardly moves with what else the machine does. */
function cpuMillisecondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
