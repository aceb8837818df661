/** @jest-environment ./test/models/native-arrays-environment.ts */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Detection } from '../../../core/detection.ts';
import { parseCocoCounts } from '../../../core/formats/coco-counts.ts';
import { pixelsOfMask } from '../../../core/formats/pixel-mask.ts';
import type { ModelOutput } from '../../../models/card.ts';
import { withRewritten } from '../../../models/rewrites/with-rewritten.ts';
import { ModelSession } from '../../../models/runner/model-session.ts';
import { modelFolder } from '../model-folder.ts';
import { classes, fixtures, input } from '../ultralytics-models.ts';

/** What Ultralytics 8.4.190 says of the pictures with the same ONNX files; made by `fixtures/make-fixtures.py`. */
interface Expected {
  readonly size: readonly [number, number];
  readonly detections: readonly {
    readonly class: number;
    readonly score: number;
    readonly box: readonly [number, number, number, number];
    readonly counts?: string;
  }[];
}

let expected: Readonly<Record<string, Readonly<Record<string, Expected>>>>;
beforeAll(async () => {
  expected = JSON.parse(await readFile(path.join(fixtures, 'expected.json'), 'utf8')) as typeof expected;
});

const detect: Partial<ModelOutput> = { kind: 'yolo-detect', names: ['output0'], score_threshold: 0.05 };
const segment: Partial<ModelOutput> = { ...detect, kind: 'yolo-seg', names: ['output0', 'output1'] };

const models: [string, Partial<ModelOutput>, number][] = [
  ['yolov8', detect, 50],
  ['yolov8-nms', { ...detect, nms: 'in-graph' }, 50],
  ['yolo11', detect, 50],
  ['yolov5-layout', { ...detect, layout: 'v5', score_threshold: 0.7 }, 200],
  ['yolov8-seg', segment, 50],
  ['yolov8-seg-nms', { ...segment, nms: 'in-graph' }, 50],
  ['yolo11-seg', segment, 50],
];
const ways = ['as it is', 'rewritten'];

test.each(
  models.flatMap(([name, output, atLeast]) => ways.map((way) => [name, way, output, atLeast] as const)),
)('%s, %s, finds the same objects as Ultralytics does', async (name, way, output, atLeast) => {
  const answers = await answersOf(name, output, way);
  let compared = 0;
  for (const [image, { size, detections }] of Object.entries(expected[name]!)) {
    const answer = answers.get(image)!;
    expect([answer.widthPx, answer.heightPx]).toEqual(size);
    const ours = answer.detections.filter(({ boxPx }) => isMoreThanSliver(boxPx));
    const theirs = detections.filter(({ box }) => isMoreThanSliver(box));
    expect([image, ours.length]).toEqual([image, theirs.length]);
    for (const { class: kind, score, box, counts } of theirs) {
      // Cells of the border say all the same, and equal scores have no order.
      const place = ours.findIndex(
        (one) =>
          one.label === classes[kind] && Math.abs(one.score - score) < 1e-3 && boxIou(one.boxPx, box) >= 0.99,
      );
      expect([image, kind, score, box, place >= 0]).toEqual([image, kind, score, box, true]);
      const [found] = ours.splice(place, 1);
      if (counts !== undefined) expect(maskIou(found!, counts)).toBeGreaterThanOrEqual(0.98);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(atLeast);
});

async function answersOf(name: string, output: Partial<ModelOutput>, way: string) {
  const model = await readFile(path.join(fixtures, `${name}.onnx`));
  const { dir } = await modelFolder(model, classes, { input, output });
  const open = (modelFile: string | null) => ModelSession.open(dir, { modelFile });
  const session = await (way === 'rewritten' ? withRewritten(dir, open) : open(null));
  try {
    const items = await Promise.all(
      Object.keys(expected[name]!).map(async (id) => ({
        id,
        bytes: await readFile(path.join(fixtures, 'images', id)),
      })),
    );
    const answers = await session.answer(items);
    return new Map(
      answers.map((answer) => {
        if (!('detections' in answer)) throw new Error(`${answer.id}: no detections`);
        return [answer.id, answer];
      }),
    );
  } finally {
    await session.close();
    await rm(dir, { recursive: true });
  }
}

/** A box beside the image whose rim reaches in by a millionth of a pixel, or does not: that is rounding. */
function isMoreThanSliver([, , width, height]: Detection['boxPx']): boolean {
  return Math.min(width, height) > 0.01;
}

function boxIou([x1, y1, w1, h1]: Detection['boxPx'], [x2, y2, w2, h2]: Detection['boxPx']): number {
  const width = Math.min(x1 + w1, x2 + w2) - Math.max(x1, x2);
  const height = Math.min(y1 + h1, y2 + h2) - Math.max(y1, y2);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (w1 * h1 + w2 * h2 - width * height);
}

function maskIou({ mask }: Detection, counts: string): number {
  const ours = pixelsOfMask(mask!);
  const theirs = pixelsOfMask({ ...mask!, counts: parseCocoCounts(counts) });
  let [both, either] = [0, 0];
  ours.forEach((pixel, at) => {
    both += pixel & theirs[at]!;
    either += pixel | theirs[at]!;
  });
  return both / either;
}
