import { quietSeconds } from '../../core/quiet-seconds.ts';

const bounds = { least: 5, most: 60 };
const review = (
  answered: number,
  elapsedSeconds: number,
  more: { skipped?: number; share?: number } = {},
) => ({
  progress: [{ tasks: 100, answered, skipped: more.skipped ?? 0 }],
  enough: { doneShare: more.share ?? 1 },
  elapsedSeconds,
});

test('is half of the time that the rest will take at the pace so far', () => {
  // 80 in 160 s are 2 s each: 20 more take 40 s.
  expect(quietSeconds(review(80, 160), bounds)).toBe(20);
  expect(quietSeconds(review(70, 160, { skipped: 10 }), bounds)).toBe(20);
  expect(quietSeconds(review(80, 160, { share: 0.9 }), bounds)).toBe(10);
});

test('stays within its bounds: a slow team is looked for each minute, a finished one at once', () => {
  expect(quietSeconds(review(1, 3600), bounds)).toBe(60);
  expect(quietSeconds(review(99, 60), bounds)).toBe(5);
  expect(quietSeconds(review(100, 60), bounds)).toBe(5);
});

test('without an answer there is no pace', () => {
  expect(quietSeconds(review(0, 3600), bounds)).toBe(5);
  expect(quietSeconds({ progress: [], enough: { doneShare: 1 }, elapsedSeconds: 10 }, bounds)).toBe(5);
});

test('a review of 500 tasks answered at one pace is read a dozen times after its first half', () => {
  const pace = 10;
  let reads = 0;
  let seconds = 2500;
  while (seconds < 500 * pace) {
    const answered = Math.floor(seconds / pace);
    const progress = [{ tasks: 500, answered, skipped: 0 }];
    const enough = { doneShare: 1 };
    seconds += quietSeconds({ progress, enough, elapsedSeconds: seconds }, { least: 5, most: 3600 });
    reads += 1;
  }
  expect(reads).toBeLessThanOrEqual(12);
});
