import { closeSync, openSync } from 'node:fs';
import { segmentFiles } from './segment-layout.ts';

const mostOpen = 128;
/** What is open takes its room on the disk, even when another worker has dropped it. */
const idleMs = 60_000;

/** Handles of segments that are read, the last ones used; none once nobody has read for a minute. */
export class OpenSegments {
  readonly #dir: string;
  /** By segment; least recently used first. */
  readonly #handles = new Map<string, number>();
  readonly #idle = setTimeout(() => this.closeUnless(() => false), idleMs).unref();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws Error when the file is gone. */
  handle(id: string): number {
    this.#idle.refresh();
    const handle = this.#handles.get(id) ?? openSync(segmentFiles(this.#dir, id).pixels, 'r');
    this.#handles.delete(id);
    this.#handles.set(id, handle);
    const [oldest = id] = this.#handles.keys();
    if (this.#handles.size > mostOpen) this.#close(oldest);
    return handle;
  }

  closeUnless(isThere: (id: string) => boolean): void {
    for (const id of [...this.#handles.keys()]) if (!isThere(id)) this.#close(id);
  }

  #close(id: string): void {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    if (handle !== undefined) closeSync(handle);
  }
}
