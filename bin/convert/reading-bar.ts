import { Presets, SingleBar } from 'cli-progress';
import type { OnRead } from '../../activities/open-annotations.ts';

/** A bar on a terminal's error output, for each reading of a file; nothing elsewhere. */
export class ReadingBar {
  readonly #bar: SingleBar | null;
  #reading = 0;
  #share = 1;

  constructor(name: string) {
    const format = `${name}  reading {reading} {bar} {percentage} %`;
    this.#bar = process.stderr.isTTY
      ? new SingleBar({ format, hideCursor: true, clearOnComplete: true }, Presets.shades_grey)
      : null;
  }

  readonly onRead: OnRead = (share) => {
    if (share < this.#share) this.#bar?.start(100, 0, { reading: ++this.#reading });
    this.#share = share;
    this.#bar?.update(Math.floor(100 * share));
  };

  stop(): void {
    this.#bar?.stop();
  }
}
