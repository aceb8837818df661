import { queueBeside, queueNames, taskQueue } from '../../core/task-queues.ts';

test('the queues of production belong together', () => {
  for (const queue of queueNames) expect(queueBeside(taskQueue('loop'), queue)).toBe(taskQueue(queue));
});

test('another set of workers has queues of its own', () => {
  expect(queueBeside('blue-loop', 'train-gpu')).toBe('blue-train-gpu');
  expect(queueBeside('looping', 'infer')).toBe('looping-infer');
});
