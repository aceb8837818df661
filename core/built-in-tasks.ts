import type { ModelTask } from './model-task.ts';

/** Tasks that the trainer `built-in` learns. */
export const builtInTasks = ['classification', 'detection'] as const satisfies readonly ModelTask[];
export type BuiltInTask = (typeof builtInTasks)[number];

export function isBuiltInTask(task: ModelTask): task is BuiltInTask {
  return builtInTasks.some((one) => one === task);
}

/** What to tell a person who asks the built-in trainer for another task. */
export function noBuiltInTrainer(task: ModelTask): string {
  return (
    `built-in learns ${builtInTasks.join(' and ')}, not ${task}; ` +
    `name the command of a trainer that does, such as [python3, train.py]`
  );
}
