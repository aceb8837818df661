import { isColdStart } from '../../../core/selection/cold-start.ts';

test.each([
  // Labels, classes, labels of each class, too early?
  [0, 0, [], true],
  [9, 0, [], true],
  [10, 0, [], false],
  [10, 5, [2, 2, 2, 2, 2], false],
  [19, 10, [], true],
  [20, 10, [], false],
  [20, 10, [3, 3, 3, 3, 3, 3, 1, 1, 0, 0], true],
  [99, 10, [30, 30, 30, 5, 1, 1, 1, 1, 0, 0], true],
  [100, 10, [30, 30, 30, 6, 1, 1, 1, 1, 0, 0], false],
])('%d labels of %d classes, %j: %s', (labels, classes, byClass, early) => {
  expect(isColdStart(labels, classes, byClass)).toBe(early);
});
