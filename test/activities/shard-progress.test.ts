import { ShardProgress } from '../../activities/shard-progress.ts';

const shard = { after: 'start', images: 10 };
const begun = { left: shard, done: 0, unreadable: 0, silent: 1 };

test('the cursor goes past a page when its last open row is written, and past later pages only then', () => {
  const progress = new ShardProgress(shard, undefined);
  progress.read({ open: ['a', 'b'], done: 1, unreadable: 1, rest: { after: 'p1', images: 6 } });
  progress.read({ open: ['c'], done: 2, unreadable: 0, rest: { after: 'p2', images: 3 } });
  expect(progress.mark).toEqual(begun);
  progress.written('c', 'done');
  progress.written('b', 'unreadable');
  expect(progress.mark).toEqual(begun);
  progress.written('a', 'done');
  expect(progress.mark).toEqual({
    left: { after: 'p2', images: 3 },
    done: 5,
    unreadable: 2,
    silent: 1,
  });
  expect(progress.counts).toEqual({ predicted: 2, skipped: 3, unreadable: 2 });
});

test('a page without open rows is passed as it is read', () => {
  const progress = new ShardProgress(shard, undefined);
  progress.read({ open: [], done: 5, unreadable: 0, rest: { after: 'p1', images: 5 } });
  expect(progress.mark.left).toEqual({ after: 'p1', images: 5 });
});

test('another attempt goes on from the mark, with its counts', () => {
  const mark = { left: { after: 'p2', images: 3 }, done: 4, unreadable: 2, silent: 1 };
  const progress = new ShardProgress(shard, mark);
  expect(progress.mark).toEqual({ ...mark, silent: 2 });
  progress.read({ open: ['d'], done: 0, unreadable: 0, rest: { after: null, images: 0 } });
  progress.written('d', 'done');
  expect(progress.counts).toEqual({ predicted: 1, skipped: 4, unreadable: 2 });
});

test.each([undefined, 'waiting for a service', { done: 64, of: 1000 }])(
  'details that are none of ours (%j) mean the beginning',
  (details) => {
    expect(new ShardProgress(shard, details).mark).toEqual(begun);
  },
);

test('two attempts that die at the same place without a word are suspicious; one that ends with an error, or gets on, is none', () => {
  const first = new ShardProgress(shard, undefined);
  const second = new ShardProgress(shard, first.mark);
  expect(second.isSuspicious).toBe(false);
  expect(new ShardProgress(shard, second.mark).isSuspicious).toBe(true);
  expect(new ShardProgress(shard, second.lastMark).isSuspicious).toBe(false);
  second.read({ open: ['a'], done: 0, unreadable: 0, rest: { after: 'p1', images: 9 } });
  second.written('a', 'done');
  expect(new ShardProgress(shard, second.mark).isSuspicious).toBe(false);
});
