import type { ReviewTask, TaskPrediction } from '../../core/ports.ts';

/** All predictions that a task is to have. */
export function predictionsOfTask({ prediction, beside = [] }: ReviewTask): readonly TaskPrediction[] {
  return prediction ? [prediction, ...beside] : beside;
}
