import { evaluateModelActivity } from '../activities/evaluate-model.ts';
import { createActivities } from '../activities/index.ts';
import { inferShardActivity } from '../activities/infer-shard.ts';
import { trainModelActivity } from '../activities/train-model.ts';
import type { QueueName } from '../core/task-queues.ts';
import { ConfigError } from './config-error.ts';
import type { WorkerDeps } from './create-deps.ts';

/** The activities of one queue, with what they use and no more: a machine that trains needs no key of Label Studio. */
export function queueActivities(queue: QueueName, deps: WorkerDeps): object {
  switch (queue) {
    case 'loop': {
      const { board } = deps;
      if (!board) throw new ConfigError('LABEL_STUDIO_API_KEY: is missing; the queue "loop" needs it');
      return createActivities({ ...deps, board });
    }
    case 'infer':
      return { ...evaluateModelActivity(deps), ...inferShardActivity(deps) };
    case 'train':
    case 'train-gpu':
      return trainModelActivity(deps);
  }
}
