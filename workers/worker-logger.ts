import { inspect } from 'node:util';
import { DefaultLogger, type Logger, type LogLevel } from '@temporalio/worker';
import {
  DomainError,
  ServiceRejectedError,
  ServiceUnavailableError,
  TrainerError,
  UnexpectedResponseError,
} from '../core/errors.ts';

/** Said of every worker that serves activities only, which is what we want. */
const expected = 'No workflows registered, not polling for workflow tasks';
/** Of no use to a reader. */
const noise = new Set(['sdkComponent', 'taskToken', 'isLocal', 'namespace', 'activityId', 'workflowType']);
/** Their messages say it all; of any other error the stack is shown. */
const knownErrors = [
  DomainError,
  ServiceRejectedError,
  ServiceUnavailableError,
  TrainerError,
  UnexpectedResponseError,
];

/** A line a message on stderr: time, level, words, and what they are about. */
export function workerLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  return new DefaultLogger(level, ({ level: of, message, timestampNanos, meta }) => {
    if (message === expected) return;
    const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    const facts = Object.entries(meta ?? {})
      .filter(([name]) => !noise.has(name))
      .map(([name, value]) => ` ${name}=${words(value)}`);
    write(`${time} ${of} ${message}${facts.join('')}\n`);
  });
}

function words(value: unknown): string {
  if (value instanceof Error)
    return knownErrors.some((known) => value instanceof known)
      ? `${value.name}: ${value.message}`
      : (value.stack ?? String(value));
  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 3 });
}
