import { usableLook } from '../../../../models/trainers/process/usable-look.ts';

test.each([NaN, Infinity])('a look with the loss %d is none', (loss) => {
  expect(usableLook({ loss, metrics: { valid_map50: 0 } })).toBeNull();
});

test('a look with a loss is itself, and no look stays none', () => {
  const look = { loss: 2.5, metrics: { valid_map50: 0.1 } };
  expect(usableLook(look)).toBe(look);
  expect(usableLook(null)).toBeNull();
});
