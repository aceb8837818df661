/** Kinds of work a worker can serve; `labelloop worker --queues` takes these names. */
export const queueNames = ['loop', 'infer', 'train', 'train-gpu'] as const;
export type QueueName = (typeof queueNames)[number];

/** The Temporal task queue of a kind of work. */
export function taskQueue(queue: QueueName): string {
  return `labelloop-${queue}`;
}

/**
 * The queue of a kind of work that belongs to a loop's own queue: `labelloop-infer` to `labelloop-loop`, `other-infer` to `other-loop`. So
 * several sets of workers can share a namespace.
 */
export function queueBeside(loopQueue: string, queue: QueueName): string {
  return `${loopQueue.replace(/-loop$/, '')}-${queue}`;
}
