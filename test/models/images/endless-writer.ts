/**
 * `endless-writer.ts DIR`: keeps image after image until it is killed, every tenth a large one, and says the number of each on a line. All pixels of the image
 * `n` are `n % 251`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { PixelStore } from '../../../models/images/pixel-store.ts';
import { SegmentWriter } from '../../../models/images/segment-writer.ts';

const shape = { width: 50, height: 20, channels: 3, resize: 'stretch', padValue: 0 } as const;
const store = new PixelStore({ dir: process.argv[2] ?? '', maxBytes: 1e9 });
const writer = new SegmentWriter(store.folder);
for (let number = 0; ; number++) {
  const written = number % 10 === 9 ? { ...shape, width: 1000, height: 400 } : shape;
  const pixels = new Uint8Array(written.width * written.height * 3).fill(number % 251);
  writer.append(store.keyToWrite(String(number), written), {
    ...{ pixels, widthPx: 1, heightPx: 1, version: 'v', thumbnail: new Uint8Array(256) },
  });
  process.stdout.write(`${number}\n`);
  await turn();
}
