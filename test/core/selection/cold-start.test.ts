import { isColdStart } from '../../../core/selection/cold-start.ts';

test.each([
  // Labels, classes, too early?
  [0, 0, true],
  [9, 0, true],
  [10, 0, false],
  [9, 5, true],
  [10, 5, false],
  [19, 10, true],
  [20, 10, false],
])('%d labels of %d classes: %s', (labels, classes, early) => {
  expect(isColdStart(labels, classes)).toBe(early);
});
