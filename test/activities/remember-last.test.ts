import { rememberLast } from '../../activities/remember-last.ts';

test('who asks the same again gets the same answer; only the newest is kept', () => {
  let made = 0;
  const answer = rememberLast(({ classes }: { classes: readonly string[] }) => [classes.join(), ++made]);
  const first = answer({ classes: ['cat', 'dog'] });
  expect(answer({ classes: ['cat', 'dog'] })).toBe(first);
  expect(answer({ classes: ['dog', 'cat'] })).toEqual(['dog,cat', 2]);
  expect(answer({ classes: ['cat', 'dog'] })).toEqual(['cat,dog', 3]);
});
