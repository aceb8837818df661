import { askedBefore, withAskedBefore, type AskedBefore } from '../../core/asked-before.ts';

const skipped: AskedBefore = { cycle: 2, purpose: 'score', ended: 'skipped', why: '' };
const withdrawn: AskedBefore = { cycle: 4, purpose: 'again', ended: 'withdrawn', why: 'ada: a holiday' };

test('is read as it was written, oldest first', () => {
  const answered: AskedBefore = { cycle: 5, purpose: 'second-opinion', ended: 'answered', why: '' };
  expect(askedBefore(withAskedBefore('2 score skipped', answered))).toEqual([skipped, answered]);
  const text = withAskedBefore(withAskedBefore(undefined, skipped), withdrawn);
  expect(text).toBe('2 score skipped; 4 again withdrawn: ada: a holiday');
  expect(askedBefore(text)).toEqual([skipped, withdrawn]);
});

test('of a cycle the last counts: writing it again changes nothing', () => {
  const text = withAskedBefore(withAskedBefore(undefined, skipped), withdrawn);
  expect(withAskedBefore(text, withdrawn)).toBe(text);
});

test('a reason in several lines and sentences stays one reason', () => {
  const text = withAskedBefore('2 score skipped', { ...withdrawn, why: 'late;\n too late' });
  expect(askedBefore(text)).toEqual([skipped, { ...withdrawn, why: 'late, too late' }]);
});

test.each([undefined, '', 7, 'a note of somebody else'])('%p tells of no question', (text) => {
  expect(askedBefore(text)).toEqual([]);
});
