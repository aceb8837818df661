import { z } from 'zod';
import type { Shard } from './plan-inference.ts';

const markSchema = z.object({
  /** What is left of the shard. */
  left: z.object({ after: z.string().nullable(), images: z.int().nonnegative() }),
  /** Rows before it that are predicted, and those that are set aside. */
  done: z.int().nonnegative(),
  unreadable: z.int().nonnegative(),
  /** Attempts that began here and have not ended with a word, this one included. */
  silent: z.int().nonnegative(),
});

/** The details of a shard's heartbeat: all that an attempt on another machine needs to go on. */
export type ShardMark = z.output<typeof markSchema>;

interface Page {
  readonly rest: Shard;
  readonly open: Set<string>;
  done: number;
  unreadable: number;
}

/** A process that died twice at the same place may die of an image. */
const suspiciousDeaths = 2;

/** How far a shard is: the cursor goes past a page when all of its rows are in the Data Engine, so it is only ever behind what is written. */
export class ShardProgress {
  #mark: ShardMark;
  /** Earlier attempts died here without a word, as a process does that an image kills. */
  readonly isSuspicious: boolean;
  readonly #pages: Page[] = [];
  readonly #pageOf = new Map<string, Page>();
  #predicted = 0;

  /** @param details - Of the last attempt's last heartbeat; what is none of ours counts as nothing. */
  constructor(shard: Shard, details: unknown) {
    const { data } = markSchema.safeParse(details);
    const from = data ?? { left: shard, done: 0, unreadable: 0, silent: 0 };
    this.isSuspicious = from.silent >= suspiciousDeaths;
    this.#mark = { ...from, silent: from.silent + 1 };
  }

  /** What to heartbeat. */
  get mark(): ShardMark {
    return this.#mark;
  }

  /** What to heartbeat last, when the attempt ends with an error. */
  get lastMark(): ShardMark {
    return { ...this.#mark, silent: this.#mark.silent - 1 };
  }

  get counts(): { predicted: number; skipped: number; unreadable: number } {
    const { done, unreadable } = this.#mark;
    return { predicted: this.#predicted, skipped: done - this.#predicted, unreadable };
  }

  /** The next page was read: its open rows, how many others are done, and the shard that is left behind it. */
  read(page: { open: readonly string[]; done: number; unreadable: number; rest: Shard }): void {
    const kept = { ...page, open: new Set(page.open) };
    this.#pages.push(kept);
    for (const path of page.open) this.#pageOf.set(path, kept);
    this.#advance();
  }

  /** An open row is in the Data Engine. */
  written(path: string, how: 'done' | 'unreadable'): void {
    const page = this.#pageOf.get(path);
    if (!page?.open.delete(path)) return;
    this.#pageOf.delete(path);
    page[how] += 1;
    if (how === 'done') this.#predicted += 1;
    this.#advance();
  }

  #advance(): void {
    for (let [page] = this.#pages; page?.open.size === 0; [page] = this.#pages) {
      this.#mark = {
        left: page.rest,
        done: this.#mark.done + page.done,
        unreadable: this.#mark.unreadable + page.unreadable,
        silent: 1,
      };
      this.#pages.shift();
    }
  }
}
