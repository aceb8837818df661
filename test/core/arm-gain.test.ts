import { armGain, armText, poolLoss, type ArmAnswer } from '../../core/arm-gain.ts';

/** `wrong` of `images` answers of an arm. */
function arm(cycle: number, isRandom: boolean, wrong: number, images: number): ArmAnswer[] {
  return Array.from({ length: images }, (_, index) => ({ cycle, isRandom, loss: index < wrong ? 1 : 0 }));
}

// statsmodels 0.14.5, confint_proportions_2indep(…, method='newcomb').
test.each([
  [42, 95, 1, 10, 0.023259540051693395, 0.47164716215186775],
  [0, 19, 0, 1, -0.7934506856227627, 0.16817922405261632],
])(
  '%d of %d chosen wrong, %d of %d at random: the difference has Newcombe’s interval',
  (a, n, b, m, low, high) => {
    const gain = armGain([...arm(1, false, a, n), ...arm(1, true, b, m)]);
    expect(gain).toMatchObject({ chosen: a / n, random: b / m });
    expect(gain?.low).toBeCloseTo(low, 12);
    expect(gain?.high).toBeCloseTo(high, 12);
  },
);

test('equal cycles count together as one of all their images', () => {
  const one = [...arm(1, false, 6, 12), ...arm(1, true, 1, 4)];
  const twice = [...one, ...one.map((answer) => ({ ...answer, cycle: 2 }))];
  const together = twice.map((answer) => ({ ...answer, cycle: 1 }));
  const [gain, pooled] = [armGain(twice), armGain(together)];
  expect(gain?.low).toBeCloseTo(pooled?.low ?? NaN, 12);
  expect(gain?.high).toBeCloseTo(pooled?.high ?? NaN, 12);
});

test('arms are compared within each cycle: a change of the random share makes no gain', () => {
  // Both arms are wrong alike in each cycle, half at first and never later; counted together the chosen would look better.
  const answers = [
    ...arm(1, false, 5, 10),
    ...arm(1, true, 20, 40),
    ...arm(2, false, 0, 40),
    ...arm(2, true, 0, 10),
  ];
  expect(armGain(answers)).toMatchObject({ chosen: 0.25, random: 0.25 });
});

test('a cycle without answers in both arms says nothing', () => {
  expect(armGain([])).toBeNull();
  expect(armGain([...arm(1, false, 1, 4), ...arm(2, true, 1, 4)])).toBeNull();
});

test('the random arm alone estimates the pool', () => {
  // statsmodels 0.14.5, proportion_confint(1, 10, method='wilson').
  expect(poolLoss([...arm(1, false, 9, 9), ...arm(1, true, 1, 4), ...arm(2, true, 0, 6)])).toEqual({
    mean: 0.1,
    images: 10,
    low: expect.closeTo(0.017876213095072924, 12),
    high: expect.closeTo(0.40415002679523854, 12),
  });
  expect(poolLoss(arm(1, false, 1, 4))).toBeNull();
});

test('is told in points', () => {
  expect(armText({ chosen: 0.42, random: 0.1, low: 0.051, high: -0.02 })).toBe(
    'The model was wrong about 42.0 % of the images chosen, and 10.0 % of random ones: +32.0 points (95 %: +5.1 to −2.0)',
  );
});
