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
])('%s', (_, progress, doneShare, done) => {
  expect(reviewDone(progress, { doneShare })).toBe(done);
});

test.each([
  ['a number of tasks that is reached is enough, whatever the share', 10, 1, true],
  ['one short of it is not', 11, 1, false],
  ['a share that takes less is enough by itself', 60, 0.1, true],
])('%s', (_, doneTasks, doneShare, done) => {
  expect(reviewDone([review(50, 8, 2), review(50, 0)], { doneShare, doneTasks })).toBe(done);
});
