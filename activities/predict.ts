import type { ModelTask } from '../core/model-task.ts';
import type {
  Classified,
  Detected,
  EncodedImage,
  KeptImage,
  LoadedModel,
  Unreadable,
} from '../core/ports.ts';

/** What a model says of each image, in the way of its task. */
export async function predict(
  model: LoadedModel,
  task: ModelTask,
  images: readonly (EncodedImage | KeptImage)[],
  signal: AbortSignal,
): Promise<readonly (Classified | Detected | Unreadable)[]> {
  return task === 'classification' ? model.classify(images, signal) : model.detect(images, signal);
}
