/** Kinds of work a worker can serve; `labelloop worker --queues` takes these names. */
export const queueNames = ['loop', 'infer', 'train', 'train-gpu'] as const;
export type QueueName = (typeof queueNames)[number];

/** The Temporal task queue of a kind of work. */
export function taskQueue(queue: QueueName): string {
  return `labelloop-${queue}`;
}
