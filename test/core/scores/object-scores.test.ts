import { boxAggregates, boxesInformativeness } from '../../../core/scores/box-aggregates.ts';
import { boxScores } from '../../../core/scores/box-scores.ts';
import {
  classQuality,
  difficultyCalibratedUncertainty,
  difficultyWeights,
} from '../../../core/scores/class-difficulty.ts';
import { modelDisagreement } from '../../../core/scores/model-disagreement.ts';
import { nearThresholdCount } from '../../../core/scores/near-threshold.ts';

describe('the score of a box', () => {
  test('is that of an object or none, where the model tells only its confidence', () => {
    expect(boxScores.margin({ score: 0.7 })).toBeCloseTo(0.6, 12);
    expect(boxScores['least-confidence']({ score: 0.7 })).toBeCloseTo(0.3, 12);
    // scipy 1.17.1: entropy([.7, .3], base=2)
    expect(boxScores.entropy({ score: 0.7 })).toBeCloseTo(0.8812908992306927, 12);
    expect(boxScores['binary-entropy']({ score: 0.7 })).toBeCloseTo(0.8812908992306927, 12);
  });

  test('is that of the classes and none of them, where the model tells those', () => {
    const box = { score: 0.5, classScores: [0.5, 0.3, 0] };
    expect(boxScores.margin(box)).toBeCloseTo(0.8, 12);
    // scipy 1.17.1: entropy([.5, .3, 0, .2], base=4)
    expect(boxScores.entropy(box)).toBeCloseTo(0.7427376486136672, 12);
    // Together over 1: scaled to [0.6, 0.4, 0].
    expect(boxScores.margin({ score: 0.9, classScores: [0.9, 0.6] })).toBeCloseTo(0.8, 12);
  });
});

test('aggregates, worked by hand', () => {
  // 1 − |2s − 1|: 1, 0.8, 0.4, 0.2
  const boxes = [0.9, 0.5, 0.6, 0.8].map((score) => ({ score }));
  const expected = { top: 0.9, mean: 0.6, max: 1, min: 0.2, sum: 2.4 };
  for (const aggregate of boxAggregates)
    expect(boxesInformativeness(boxes, { score: 'margin', aggregate, k: 2 })).toBeCloseTo(
      expected[aggregate],
      12,
    );
  expect(boxesInformativeness([])).toBeNull();
  expect(() => boxesInformativeness([{ score: 0.5 }, { score: 0.5, classScores: [-0.1] }])).toThrow(
    'The image holds a box (1) with the score -0.1',
  );
});

describe("PPAL's difficulty", () => {
  test('weighs a class that is done 1 and one that is not begun 1 + u', () => {
    // By numpy 2.4.6: 1 + .3*.2*np.log((np.exp(1/.3) - 1)*.5 + 1)
    expect(difficultyWeights([1, 0, 0.5])).toEqual([
      1,
      expect.closeTo(1.2, 12),
      expect.closeTo(1.1605143141311711, 12),
    ]);
  });

  test('learns how well a class is done from its matches', () => {
    // 0.99 · 0.5 + 0.01 · 0.8^0.6 · 0.5^0.4, by Python 3.11
    expect(classQuality([0.5, 0.2], [{ classIndex: 0, p: 0.8, iou: 0.5 }])).toEqual([
      expect.closeTo(0.50162890803468, 12),
      0.2,
    ]);
    expect(() => classQuality([0.5], [{ classIndex: 1, p: 0.8, iou: 0.5 }])).toThrow('Match 0 has class 1');
    expect(() => classQuality([0.5], [{ classIndex: 0, p: 0.8, iou: NaN }])).toThrow('IoU NaN');
  });

  test('sums weighted binary entropies of the boxes that count', () => {
    const boxes = [
      { classIndex: 0, score: 0.5 },
      { classIndex: 1, score: 0.5 },
      { classIndex: 1, score: 0.04 },
    ];
    expect(difficultyCalibratedUncertainty(boxes, [1, 1.2])).toBeCloseTo(2.2 * Math.LN2, 12);
    expect(difficultyCalibratedUncertainty(boxes.slice(2), [1, 1.2])).toBeNull();
    expect(() => difficultyCalibratedUncertainty(boxes, [1])).toThrow(
      'Box 1 is of class 1; there are weights for 1.',
    );
    expect(() => difficultyWeights([1.5])).toThrow('Class 0 has the quality 1.5');
  });
});

describe('disagreement of two models', () => {
  const box = (left: number, label = 'cat') => ({ label, boxPx: [left, 0, 10, 10] as const });

  test('is none of the same boxes, all of boxes apart or of other classes', () => {
    expect(modelDisagreement([box(0), box(50)], [box(50), box(0)])).toBe(0);
    expect(modelDisagreement([box(0)], [box(50)])).toBe(1);
    expect(modelDisagreement([box(0)], [box(0, 'dog')])).toBe(1);
    expect(modelDisagreement([], [])).toBe(0);
    expect(modelDisagreement([box(0)], [])).toBe(1);
  });

  test('is one minus the mean IoU, what only one has counting 0', () => {
    // IoU of boxes 5 px apart: 50/150. Pairs: 1/3; single: 0. Mean 1/6.
    expect(modelDisagreement([box(0)], [box(5), box(100)])).toBeCloseTo(5 / 6, 12);
  });

  test('pairs by the highest IoU, each box once, whoever is asked first', () => {
    // 0 meets 2 (80/120) before 5 (50/150); 5 stays single: mean of 2/3 and 0.
    expect(modelDisagreement([box(0)], [box(5), box(2)])).toBeCloseTo(2 / 3, 12);
    expect(modelDisagreement([box(5), box(2)], [box(0)])).toBeCloseTo(2 / 3, 12);
  });
});

test('near the threshold: boxes strictly within', () => {
  const boxes = [0.25, 0.5, 0.74, 0.75].map((score) => ({ score }));
  expect(nearThresholdCount(boxes, { threshold: 0.5, within: 0.25 })).toBe(2);
  expect(() => nearThresholdCount([{ score: NaN }], { threshold: 0.5, within: 0.25 })).toThrow('box (0)');
});
