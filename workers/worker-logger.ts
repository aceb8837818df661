import { inspect } from 'node:util';
import { DefaultLogger, type Logger, type LogLevel } from '@temporalio/worker';

/** Said of every worker that serves activities only, which is what we want. */
const expected = 'No workflows registered, not polling for workflow tasks';

/** One line a message on stderr: time, level, words, and where it happened. */
export function workerLogger(level: LogLevel): Logger {
  return new DefaultLogger(level, ({ level: of, message, timestampNanos, meta }) => {
    if (message === expected) return;
    const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    const facts = meta ? ` ${inspect(meta, { breakLength: Infinity, depth: 4 })}` : '';
    process.stderr.write(`${time} ${of} ${message}${facts}\n`);
  });
}
