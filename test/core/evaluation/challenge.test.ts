import { judgeChallenge } from '../../../core/evaluation/challenge.ts';

function judged(difference: number, resampled: number[]) {
  return judgeChallenge({ metric: 'mAP@.5', difference, resampled, champion: "cycle 3's model" });
}

/** 100 differences around a middle: the 95th percentile is the middle + 0.45 of the spread. */
function around(middle: number, spread: number): number[] {
  return Array.from({ length: 101 }, (_, index) => middle + (index / 100 - 0.5) * spread);
}

test('a better model becomes champion', () => {
  expect(judged(0.05, around(0.05, 0.02))).toMatchObject({
    becomesChampion: true,
    reason:
      "not significantly worse than cycle 3's model: mAP@.5 +0.050, at most +0.059 with 95 % confidence",
  });
});

test('so does one that is as good, or worse by no more than chance', () => {
  expect(judged(0, around(0, 0)).becomesChampion).toBe(true);
  // 95 % of the resamples lie below −0.02 + 0.45 · 0.1 = 0.025.
  expect(judged(-0.02, around(-0.02, 0.1)).becomesChampion).toBe(true);
});

test('one that is worse in 95 of 100 resamples does not', () => {
  expect(judged(-0.1, around(-0.1, 0.1))).toMatchObject({
    becomesChampion: false,
    reason: "significantly worse than cycle 3's model: mAP@.5 −0.100, at most −0.055 with 95 % confidence",
  });
});

test('resamples without a metric are left out; without any there is no evidence against a model', () => {
  expect(judged(-0.1, [NaN, -0.1, -0.1]).becomesChampion).toBe(false);
  expect(judged(0, [NaN]).becomesChampion).toBe(true);
});
