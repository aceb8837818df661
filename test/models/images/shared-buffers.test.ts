import { SharedBuffers } from '../../../models/images/shared-buffers.ts';

const buffers = new SharedBuffers();

test('a buffer that is given back is lent again, to who asks for about as much', () => {
  const first = buffers.take(100_000);
  expect(first).toHaveLength(100_000);
  buffers.giveBack(first.subarray(16, 50));
  expect(buffers.take(99_000).buffer).toBe(first.buffer);
  expect(buffers.take(99_000).buffer).not.toBe(first.buffer);
});

test('what was never lent, or is back already, is not lent', () => {
  const [own, stranger] = [buffers.take(5000), new Uint8Array(new SharedArrayBuffer(5120))];
  for (const view of [own, own, stranger, new Uint8Array(5000)]) buffers.giveBack(view);
  const lent = [buffers.take(5000), buffers.take(5000), buffers.take(5000)].map(({ buffer }) => buffer);
  expect(lent[0]).toBe(own.buffer);
  expect(new Set(lent).size).toBe(3);
  expect(lent).not.toContain(stranger.buffer);
});

test('no more than 64 MB lie unused', () => {
  const many = Array.from({ length: 5 }, () => buffers.take(16 * 1024 * 1024));
  for (const view of many) buffers.giveBack(view);
  const again = new Set(Array.from({ length: 5 }, () => buffers.take(16 * 1024 * 1024).buffer));
  expect(many.filter(({ buffer }) => again.has(buffer)).length).toBeLessThan(5);
});

test.each([0, 1, 1023, 1024, 1025, 1_228_800])('%d bytes have room', (bytes) => {
  expect(new SharedBuffers().take(bytes)).toHaveLength(bytes);
});
