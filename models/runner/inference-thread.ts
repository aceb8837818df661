/** Entry of a worker thread: decodes and runs, one batch after the other, until it is told to close. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import sharp from 'sharp';
import { ModelSession } from './model-session.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

sharp.concurrency(1);
sharp.cache(false);

if (parentPort) void serve(parentPort, workerData as { modelDir: string; device?: string });

async function serve(
  port: MessagePort,
  { modelDir, device }: { modelDir: string; device?: string },
): Promise<void> {
  const say = (message: FromThread): void => port.postMessage(message);
  let session: ModelSession;
  try {
    session = await ModelSession.open(modelDir, device);
  } catch (error) {
    say({ kind: 'failed', batch: null, message: messageOf(error) });
    return;
  }
  // Messages are handled one at a time, so that "close" finds no run() under way.
  let work: Promise<void> = Promise.resolve();
  port.on('message', (message: ToThread) => {
    work = work.then(async () => {
      if (message.kind === 'close') {
        await session.close();
        port.close();
        return;
      }
      const { batch, items } = message;
      try {
        say({ kind: 'result', batch, results: await session.answer(items) });
      } catch (error) {
        say({ kind: 'failed', batch, message: messageOf(error) });
      }
    });
  });
  say({ kind: 'ready' });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
