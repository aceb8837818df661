/**
 * What went wrong, by what can be done about it. {@link judge} is the only place that decides whether time can heal an error.
 * Class names reach Temporal as failure types: renaming one is a breaking change.
 */

/**
 * A remote server did not answer, or asked to come back later: no answer, time-out, 408, 429, 500, 502–504, or a page or broken JSON where data was
 * asked for, as of a gateway. Retried.
 */
export class ServiceUnavailableError extends Error {
  override name = 'ServiceUnavailableError';
  /** How long the server asked to wait, in milliseconds, if it did. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A remote server refused the request: any status from 400 up that waiting does not change. Never retried. */
export class ServiceRejectedError extends Error {
  override name = 'ServiceRejectedError';
  readonly status: number;
  /** The server's own code of the refusal, where it gives one. */
  readonly code: string | undefined;
  constructor(message: string, options: { status: number; code?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.code = options.code;
  }
}

/** A 2xx answer in JSON of an unknown shape: not the server or the version that was expected. Never retried. */
export class UnexpectedResponseError extends Error {
  override name = 'UnexpectedResponseError';
}

/** A broken rule of the domain: a NaN score, an unknown label, a folder without images. Never retried. */
export class DomainError extends Error {
  override name = 'DomainError';
}

/** A trainer that ended badly. Its exit code says whether another attempt can succeed. */
export class TrainerError extends Error {
  override name = 'TrainerError';
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/** A thread in which a model runs ended by itself: for an image that it cannot bear, or for want of memory. Retried. */
export class ModelCrashedError extends Error {
  override name = 'ModelCrashedError';
}

/** Whether a server refused because it knows nothing of that name or id: MLflow says 400 of an id that is none of its own. */
export function isUnknownThere(error: unknown): boolean {
  return error instanceof ServiceRejectedError && [400, 404].includes(error.status);
}

export type Verdict = { retry: true; afterMs?: number } | { retry: false };

/** Whether another attempt can succeed. An unknown error is a bug, and is retried so that a fix can be deployed underneath. */
export function judge(error: unknown): Verdict {
  if (error instanceof ServiceUnavailableError)
    return { retry: true, ...(error.retryAfterMs !== undefined && { afterMs: error.retryAfterMs }) };
  if (error instanceof TrainerError) return { retry: error.retryable };
  if (
    error instanceof ServiceRejectedError ||
    error instanceof UnexpectedResponseError ||
    error instanceof DomainError
  )
    return { retry: false };
  return { retry: true };
}
