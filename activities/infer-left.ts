import { sleep } from '@temporalio/activity';
import { ModelCrashedError } from '../core/errors.ts';
import type { Classified, Detected, EncodedImage, KeptImage, Unreadable } from '../core/ports.ts';
import { chunksOf } from './chunks.ts';
import type { FailedFetch, FetchedImages } from './fetch-images.ts';

const chunkImages = 16;
/** Images of a shard that may each end a thread; with more it is the model or the machine. */
const mostCrashes = 8;

type Answer = Classified | Detected | Unreadable;

/** What {@link inferLeft} is made of. */
export interface LeftSteps {
  /** The images are asked for again after so long, as often as there are waits. */
  readonly waitsMs: readonly number[];
  fetch(paths: readonly string[]): Promise<FetchedImages>;
  answer(items: readonly (EncodedImage | KeptImage)[]): Promise<readonly Answer[]>;
  write(answers: readonly Answer[]): Promise<void>;
  /** Gives images `pred_error`, by which other attempts know them. */
  mark(images: readonly Unreadable[]): Promise<void>;
  unmark(paths: readonly string[]): Promise<void>;
  /** Whether the service gives other images. */
  givesOthers(failed: readonly FailedFetch[]): Promise<boolean>;
}

/**
 * The images that a shard's pipeline left: those that could not be fetched, and those that were with a thread or a process when it died. They are
 * fetched again, after longer and longer waits, and given to the model one by one.
 *
 * One that ends the thread once more, alone, is set aside. It is marked so before the model sees it, so that one which ends the whole process is
 * not tried by the next one. One that cannot be fetched is set aside if the service gives others at that moment.
 *
 * @throws What the service failed with, if it gives no others; ModelCrashedError when more than eight end their thread: it is not the images then.
 */
export async function inferLeft(steps: LeftSteps, paths: readonly string[]): Promise<void> {
  const crashed: Unreadable[] = [];
  const { waitsMs } = steps;
  let failed: FailedFetch[] = [];
  let left = paths;
  for (const waitMs of waitsMs) {
    if (left.length === 0) return;
    await sleep(waitMs);
    failed = [];
    for (const chunk of chunksOf(left, chunkImages)) {
      const found = await steps.fetch(chunk);
      failed.push(...found.failed);
      if (found.missing.length > 0) await steps.write(found.missing);
      for (const item of found.items) await inferAlone(item);
    }
    left = failed.map(({ path }) => path);
  }
  const [first] = failed;
  if (!first) return;
  if (!(await steps.givesOthers(failed))) throw first.error;
  const tries = waitsMs.length + 1;
  await steps.write(
    failed.map(({ path, error }) => ({
      id: path,
      unreadable: `cannot be fetched, in ${tries} tries: ${error.message}`,
    })),
  );

  async function inferAlone(item: EncodedImage | KeptImage): Promise<void> {
    const { id } = item;
    const reason = { id, unreadable: 'it ends the thread or the process that looks at it' };
    await steps.mark([reason]);
    try {
      const answers = await steps.answer([item]);
      await steps.write(answers);
      if (answers.every((answer) => !('unreadable' in answer))) await steps.unmark([id]);
    } catch (error) {
      if (!(error instanceof ModelCrashedError)) throw error;
      crashed.push(reason);
      if (crashed.length > mostCrashes) {
        await steps.unmark(crashed.map((one) => one.id));
        throw error;
      }
      await steps.write([reason]);
    }
  }
}
