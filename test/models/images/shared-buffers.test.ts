import { SharedBuffers } from '../../../models/images/shared-buffers.ts';

const buffers = new SharedBuffers();

test('a buffer that is given back is lent again, to who asks for about as much', () => {
  const first = buffers.take(100_000);
  expect(first).toHaveLength(100_000);
  buffers.giveBack(first);
  const second = buffers.take(99_000);
  expect(buffers.placeOf(second)).toEqual({ at: first.byteOffset, length: 99_000 });
  expect(buffers.take(99_000).byteOffset).not.toBe(first.byteOffset);
});

test('what was never lent, or is back already, is not lent', () => {
  const [own, stranger] = [buffers.take(5000), new Uint8Array(buffers.room, 0, 5000)];
  for (const view of [own, own, stranger, new Uint8Array(5000)]) buffers.giveBack(view);
  const lent = [buffers.take(5000), buffers.take(5000), buffers.take(5000)].map((view) => view.byteOffset);
  expect(lent[0]).toBe(own.byteOffset);
  expect(new Set(lent).size).toBe(3);
});

test('what the room has no place for is by itself, and is not lent again', () => {
  const own = new SharedBuffers();
  const views = [own.take(20e6), own.take(20e6)];
  expect(views.map((view) => own.placeOf(view)?.at)).toEqual([0, undefined]);
  expect(views[1]).toHaveLength(20e6);
  for (const view of views) own.giveBack(view);
  expect(own.placeOf(own.take(20e6))).toEqual({ at: 0, length: 20e6 });
});

test.each([0, 1, 1023, 1024, 1025, 1_228_800])('%d bytes have room', (bytes) => {
  expect(new SharedBuffers().take(bytes)).toHaveLength(bytes);
});
