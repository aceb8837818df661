import { CommanderError } from 'commander';

/** Errors whose message is all that a person needs; by name, since loading their modules would slow every start. */
const inputErrors = new Set(['ConfigError', 'EngineError', 'StackError', 'UsageError']);

/** Says on stderr what went wrong, and answers the exit code. */
export function reportError(error: unknown, { verbose }: { verbose: boolean }): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (verbose) console.error(error);
  else console.error(titled(sentence(error)));
  if (!(error instanceof Error)) return 1;
  if ('exitCode' in error && typeof error.exitCode === 'number') return error.exitCode;
  return inputErrors.has(error.name) ? 2 : 1;
}

/** Several lines each name their place already. */
function titled(message: string): string {
  return message.includes('\n') ? message : `error: ${message}`;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details = (error.cause as { details?: unknown } | undefined)?.details;
  // A gRPC failure of Temporal's client carries its reason one level down.
  return typeof details === 'string' && details !== ''
    ? `Temporal: ${error.message}: ${details}`
    : error.message;
}
