import type { ModelTask } from '../core/model-task.ts';
import type { Classified, DataEngine, Detected, LoadedModel } from '../core/ports.ts';
import { fetchImages } from './fetch-images.ts';
import { keepAlive } from './keep-alive.ts';
import { predict } from './predict.ts';

/**
 * What a model says of a few images; those that cannot be read are left out. Heartbeats.
 *
 * @throws What the service failed with when it does not give one of them: a measure is of all images or it is none.
 */
export async function askImages(
  engine: DataEngine,
  { rootUrl, paths, model, task, embed = false }: AskedImages,
  signal: AbortSignal,
): Promise<(Classified | Detected)[]> {
  return keepAlive(ask());

  async function ask(): Promise<(Classified | Detected)[]> {
    const { items, failed } = await fetchImages(engine, { rootUrl, paths, model }, signal);
    if (failed[0]) throw failed[0].error;
    const said = await predict(
      model,
      task,
      embed ? items.map((item) => ({ ...item, embed })) : items,
      signal,
    );
    return said.flatMap((answer) => ('unreadable' in answer ? [] : [answer]));
  }
}

interface AskedImages {
  readonly rootUrl: string;
  readonly paths: readonly string[];
  readonly model: LoadedModel;
  readonly task: ModelTask;
  /** Feature vectors are wanted. */
  readonly embed?: boolean;
}
