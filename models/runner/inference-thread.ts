/** Entry of a worker thread: decodes and runs, one batch after the other, until it is told to close. */
import { setPriority } from 'node:os';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import sharp from 'sharp';
import { ModelSession } from './model-session.ts';
import { SegmentWriter, type SegmentFolder } from '../images/segment-writer.ts';
import type { Place } from '../images/shared-buffers.ts';
import { sentAnswers } from './sent-answers.ts';
import type { Answer, FromThread, Item, SentItem, ToThread } from './thread-messages.ts';

/** Below the main thread, whose heartbeats would else wait for a core that this thread never leaves of itself. */
const niceness = 5;

sharp.concurrency(1);
sharp.cache(false);

// On Linux alone this is about the calling thread; elsewhere the process would be meant.
if (process.platform === 'linux') setPriority(niceness);
if (parentPort) void serve(parentPort, workerData as ThreadData);

interface ThreadData {
  readonly modelDir: string;
  /** The model as it is run; null where that is the folder's own file. */
  readonly modelFile: string | null;
  readonly device?: string;
  readonly room: SharedArrayBuffer;
  readonly keepIn?: SegmentFolder | undefined;
}

async function serve(
  port: MessagePort,
  { modelDir, modelFile, device, room, keepIn }: ThreadData,
): Promise<void> {
  const say = (message: FromThread, moved: ArrayBuffer[] = []): void => port.postMessage(message, moved);
  const writer = keepIn && new SegmentWriter(keepIn);
  let session: ModelSession;
  try {
    session = await ModelSession.open(modelDir, { modelFile, device, writer });
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
        writer?.close();
        port.close();
        return;
      }
      const { batch, items } = message;
      try {
        const results = await session.answer(items.map((item) => received(item, room)));
        say({ kind: 'result', batch, results: sentAnswers(results) }, results.flatMap(classScoresOf));
      } catch (error) {
        say({ kind: 'failed', batch, message: messageOf(error) });
      }
    });
  });
  say({ kind: 'ready' });
}

function received(item: SentItem, room: SharedArrayBuffer): Item {
  const view = (bytes: Uint8Array | Place) =>
    bytes instanceof Uint8Array ? bytes : new Uint8Array(room, bytes.at, bytes.length);
  return 'pixels' in item ? { ...item, pixels: view(item.pixels) } : { ...item, bytes: view(item.bytes) };
}

/** The buffer that all objects of an image have their class scores in. */
function classScoresOf(answer: Answer): ArrayBuffer[] {
  const scores = 'detections' in answer ? answer.detections[0]?.classScores : undefined;
  return scores instanceof Float32Array && scores.buffer instanceof ArrayBuffer ? [scores.buffer] : [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
