/** What a command line says by its exit code: 1 it failed, 2 the input is wrong, 3 there is no such loop. */
export type ExitCode = 1 | 2 | 3;

/** A failure that a person can act on; its message is all they need to read. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode, options: { cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
