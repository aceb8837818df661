import { fstatSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenSegments } from '../../../models/images/open-segments.ts';

let dir: string;
beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  dir = await mkdtemp(join(tmpdir(), 'labelloop-segments-'));
  for (let number = 0; number < 130; number++) await writeFile(fileOf(String(number)), '');
});
afterEach(async () => {
  jest.useRealTimers();
  await rm(dir, { recursive: true });
});

test('the segments that were read last stay open, 128 of them', () => {
  const open = new OpenSegments(dir);
  const [first, second] = [open.handle('0'), open.handle('1')];
  for (let number = 2; number < 128; number++) open.handle(String(number));
  expect(open.handle('0')).toBe(first);
  open.handle('128');
  expect(isOpen(first, '0')).toBe(true);
  expect(isOpen(second, '1')).toBe(false);
  open.closeUnless(() => false);
  expect(isOpen(first, '0')).toBe(false);
});

test('a minute after the last was read none is open, and the next is opened again', () => {
  const open = new OpenSegments(dir);
  const handle = open.handle('0');
  jest.advanceTimersByTime(59_000);
  expect(open.handle('0')).toBe(handle);
  jest.advanceTimersByTime(59_000);
  expect(isOpen(handle, '0')).toBe(true);
  jest.advanceTimersByTime(2000);
  expect(isOpen(handle, '0')).toBe(false);
  const again = open.handle('0');
  expect(isOpen(again, '0')).toBe(true);
  jest.advanceTimersByTime(60_000);
  expect(isOpen(again, '0')).toBe(false);
});

function fileOf(id: string): string {
  return join(dir, `${id}.pixels`);
}

function isOpen(handle: number, id: string): boolean {
  try {
    return fstatSync(handle).ino === statSync(fileOf(id)).ino;
  } catch {
    return false;
  }
}
