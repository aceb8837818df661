import { boxAggregates, boxesInformativeness } from '../../../core/scores/box-aggregates.ts';
import { boxScores } from '../../../core/scores/box-scores.ts';
import { ClassQuality, difficultyWeights } from '../../../core/scores/class-difficulty.ts';
import { modelDisagreement } from '../../../core/scores/model-disagreement.ts';

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
    expect(difficultyWeights({ cat: 1, dog: 0, cow: 0.5 })).toEqual({
      cat: 1,
      dog: expect.closeTo(1.2, 12),
      cow: expect.closeTo(1.1605143141311711, 12),
    });
    expect(() => difficultyWeights({ cat: 1.5 })).toThrow('The class "cat" has the quality 1.5');
  });

  test('learns how well a class is done from what the model finds at its objects', () => {
    const object = (label: string, left: number) => ({
      label,
      shape: { kind: 'box' as const, boxPx: [left, 0, 10, 10] as const },
    });
    const quality = new ClassQuality(['cat', 'dog', 'cow']);
    quality.add(
      [object('cat', 0), object('cat', 100), object('dog', 50), object('pig', 0)],
      [
        { label: 'dog', score: 0.7, classScores: [0.6, 0.7, 0], boxPx: [0, 0, 10, 5] },
        { label: 'cat', score: 0.1, boxPx: [0, 0, 10, 10] },
        { label: 'dog', score: 0.9, boxPx: [50, 0, 10, 10] },
      ],
    );
    // The first cat: 0.6^0.6 · 0.5^0.4 = 0.557800 beats 0.1^0.6 = 0.251; the second is not found. By Python 3.11.
    expect(quality.byClass()).toEqual({
      cat: expect.closeTo(0.5578003108649138 / 2, 12),
      dog: expect.closeTo(0.9387403933595694, 12),
      cow: 0,
    });
  });

  test('sums weighted binary entropies', () => {
    const boxes = ['cat', 'dog'].map((label) => ({ label, score: 0.5 }));
    const rule = { score: 'difficulty', aggregate: 'sum', k: 3, classWeights: { dog: 1.2 } } as const;
    // PPAL: ln 2 · (1 + 1.2); ours over the highest, 1.2 ln 2.
    expect(boxesInformativeness(boxes, rule)! * 1.2 * Math.LN2).toBeCloseTo(2.2 * Math.LN2, 12);
    expect(boxesInformativeness(boxes.slice(1), rule)).toBeCloseTo(1, 12);
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

test('average confidence of objects is one minus the mean of all of them', () => {
  const boxes = [0.9, 0.6, 0.3].map((score) => ({ score }));
  const rule = { score: 'average-confidence', aggregate: 'mean', k: 3 } as const;
  expect(boxesInformativeness(boxes, rule)).toBeCloseTo(1 - 1.8 / 3, 12);
});

test('near the threshold: boxes strictly within, counted', () => {
  const boxes = [0.25, 0.5, 0.74, 0.75].map((score) => ({ score }));
  const count = { score: 'near-threshold', aggregate: 'sum', k: 3 } as const;
  expect(boxesInformativeness(boxes, { ...count, near: { threshold: 0.5, within: 0.25 } })).toBe(2);
  expect(boxesInformativeness(boxes, count)).toBe(1);
});

test('a mask that is unclear asks more of its box, one without the term as much', () => {
  const sure = { score: 0.5, maskTerms: { entropy: 0.25, unclearest: 0.5, boundary: null } };
  const by = (mask: 'entropy' | 'unclearest' | 'boundary') =>
    boxesInformativeness([sure], { score: 'margin', aggregate: 'max', k: 1, mask });
  expect([by('entropy'), by('unclearest'), by('boundary')]).toEqual([0.25, 0.5, 1]);
});
