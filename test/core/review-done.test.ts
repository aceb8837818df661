import { reviewDone } from '../../core/review-done.ts';

function review(tasks: number, answered: number, skipped = 0) {
  return { tasks, answered, skipped };
}

test.each([
  ['nothing to ask', [], 1, true],
  ['an open task', [review(10, 9)], 1, false],
  ['all answered', [review(10, 10)], 1, true],
  ['skips count as answers', [review(10, 8, 2)], 1, true],
  ['over several reviews', [review(10, 10), review(10, 0)], 0.5, true],
  ['over several reviews, one short', [review(10, 9), review(10, 0)], 0.5, false],
  ['a share that floats badly: 0.1 × 30 is 3.0000000000000004', [review(30, 3)], 0.1, true],
  ['a share rounds up', [review(10, 3)], 0.31, false],
  ['share 0 waits for nobody', [review(10, 0)], 0, true],
  ['a task both answered and skipped does not stand for another', [review(2, 2, 2), review(2, 0)], 1, false],
])('%s', (_, progress, share, done) => {
  expect(reviewDone(progress, share)).toBe(done);
});
