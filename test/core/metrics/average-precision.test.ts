import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectEvaluator } from '../../../core/evaluation/object-evaluator.ts';
import { AveragePrecision } from '../../../core/metrics/average-precision.ts';
import { overlapThresholds, type ClassMatches } from '../../../core/metrics/object-matches.ts';
import type { Shape } from '../../../core/formats/annotated-image.ts';
import { resamples } from '../../../core/metrics/resamples.ts';
import { seededRandom } from '../../../core/seeded-random.ts';

type StoredShape = [number, number, number, number] | number[][] | { counts: number[] };
interface Stored {
  readonly label: number;
  readonly score?: number;
  readonly shape: StoredShape;
}
interface Case {
  readonly kind: 'box' | 'mask';
  readonly classes: number;
  readonly images: readonly { width: number; height: number; truth: Stored[]; found: Stored[] }[];
  readonly expected: {
    ap50: (number | null)[];
    ap50_95: (number | null)[];
    map50: number | null;
    map50_95: number | null;
  };
}

/** By pycocotools 2.0.11, see fixtures/make-coco-cases.py. */
const { cases } = JSON.parse(readFileSync(join(__dirname, 'fixtures/coco-cases.json'), 'utf8')) as {
  cases: Case[];
};

const at50 = (found: number) => (found === 1 ? 0b1 : 0);
function matches(truths: number, answers: readonly (readonly [number, number])[]): ClassMatches {
  return { truths, scores: answers.map(([score]) => score), found: answers.map(([, hit]) => at50(hit)) };
}

describe('worked by hand', () => {
  test('one object found first: all precision up to all recall', () => {
    expect(new AveragePrecision([matches(1, [[0.9, 1]])]).mean(0)).toBeCloseTo(1, 12);
  });

  test('of two objects one is found: half of the recall, 51 of 101 places', () => {
    expect(new AveragePrecision([matches(2, [[0.9, 1]])]).mean(0)).toBeCloseTo(51 / 101, 12);
  });

  test('a mistake before the second hit costs precision from there on', () => {
    // Recall 0.5 at precision 1 (51 places), recall 1 at precision 2/3 (50 places).
    const images = [
      matches(1, [[0.9, 1]]),
      matches(1, [
        [0.8, 0],
        [0.7, 1],
      ]),
    ];
    expect(new AveragePrecision(images).mean(0)).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
  });

  test('of equal scores the earlier image comes first', () => {
    const hit = matches(1, [[0.5, 1]]);
    const mistake = matches(0, [[0.5, 0]]);
    expect(new AveragePrecision([hit, mistake]).mean(0)).toBeCloseTo(1, 12);
    expect(new AveragePrecision([mistake, hit]).mean(0)).toBeCloseTo(0.5, 12);
  });

  test('a class without objects has none, one whose objects are all missed has 0', () => {
    expect(new AveragePrecision([matches(0, [[0.9, 0]])]).mean(0)).toBeNaN();
    expect(new AveragePrecision([matches(3, [])]).mean(0)).toBe(0);
  });
});

test('the thresholds are those of numpy, to the last bit', () => {
  // numpy 2.4.6: linspace(.5, .95, 10).tolist().
  expect(overlapThresholds).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95]);
});

test.each(cases.map((one, index) => ({ index, kind: one.kind, one })))(
  'case $index ($kind) has the numbers of pycocotools',
  ({ one }) => {
    const names = Array.from({ length: one.classes }, (_, index) => String(index));
    const evaluator = new ObjectEvaluator(names, one.kind === 'box' ? 'detection' : 'segmentation');
    one.images.forEach(({ width, height, truth, found }, index) => {
      const objects = truth.map(({ label, shape }) => ({
        label: names[label]!,
        shape: shapeOf(shape, width, height),
      }));
      const detections = found.map(({ label, score, shape: stored }) => {
        const shape = shapeOf(stored, width, height);
        return {
          label: names[label]!,
          score: score!,
          boxPx: shape.kind === 'box' ? shape.boxPx : ([0, 0, 1, 1] as const),
          ...(shape.kind === 'mask' && { mask: shape.mask }),
          ...(shape.kind === 'polygon' && { ringsPx: shape.ringsPx }),
        };
      });
      const path = String(index).padStart(3, '0');
      evaluator.add({
        path,
        truth: { objects, sizePx: { width, height } },
        answer: { id: path, widthPx: width, heightPx: height, detections },
      });
    });
    const { metric, others, report } = evaluator.evaluation();
    const { classes } = report([]) as { classes: Record<string, { value: number } | number | null>[] };
    const { expected } = one;
    expect(metric.value).toBeCloseTo(expected.map50 ?? 0, 9);
    expect(others['mAP@.5:.95']).toBeCloseTo(expected.map50_95 ?? 0, 9);
    classes.forEach((row, index) => {
      const ap50 = row['AP@.5'] as { value: number } | null;
      same(ap50?.value ?? null, expected.ap50[index]!);
      same(row['AP@.5:.95'] as number | null, expected.ap50_95[index]!);
    });
  },
);

test('a resample counts as if its images were given that often', () => {
  const random = seededRandom(5);
  const images = Array.from({ length: 12 }, () =>
    matches(
      Math.floor(random() * 3),
      Array.from({ length: Math.floor(random() * 5) }, () => [random(), Math.round(random())] as const),
    ),
  );
  const whole = new AveragePrecision(images);
  for (const indices of resamples(images.length, 3, 50)) {
    const weights = new Uint32Array(images.length);
    for (const index of indices) weights[index]! += 1;
    const copies = images.flatMap((image, index) => Array.from({ length: weights[index]! }, () => image));
    expect(whole.mean(0, weights)).toBeCloseTo(new AveragePrecision(copies).mean(0), 12);
  }
});

function shapeOf(stored: StoredShape, width: number, height: number): Shape {
  if (!Array.isArray(stored)) return { kind: 'mask', mask: { width, height, counts: stored.counts } };
  if (Array.isArray(stored[0])) return { kind: 'polygon', ringsPx: stored as number[][] };
  return { kind: 'box', boxPx: stored as [number, number, number, number] };
}

function same(value: number | null, expected: number | null): void {
  if (value === null || expected === null) expect(value).toBe(expected);
  else expect(value).toBeCloseTo(expected, 9);
}
