import type { Database } from './database.ts';

/**
 * The time that changes are dated with, in whole seconds, as the protocol counts them. It stands in the database, so that the
 * triggers of `past.ts` can read it: a transaction has one time, and time never runs backwards, whatever the machine's clock does.
 */
export class Clock {
  private readonly database: Database;
  private readonly nowMs: () => number;
  constructor(database: Database, nowMs: () => number = Date.now) {
    this.database = database;
    this.nowMs = nowMs;
  }

  /** Begins a change: to be called in its transaction, before anything is written. @returns Its time. */
  tick(): number {
    const [row] = this.database.rows('UPDATE clock SET now = max(now, ?) RETURNING now', this.seconds());
    return Number(row?.[0]);
  }

  /** The time that a change would have now. */
  now(): number {
    return Math.max(this.seconds(), Number(this.database.rows('SELECT now FROM clock')[0]?.[0]));
  }

  private seconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }
}
