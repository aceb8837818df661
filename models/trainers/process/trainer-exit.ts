import type { TrainerErrorKind } from '../job.ts';

/** Exit codes of `al-train/1`, by what went wrong. */
const exits = {
  contract: { code: 64, kind: 'contract', retryable: false },
  data: { code: 65, kind: 'data', retryable: false },
  library: { code: 69, kind: 'dependency', retryable: false },
  internal: { code: 70, kind: 'internal', retryable: true },
  memory: { code: 71, kind: 'resource', retryable: true },
  later: { code: 75, kind: 'resource', retryable: true },
  parameter: { code: 78, kind: 'config', retryable: false },
  cancelled: { code: 143, kind: 'cancelled', retryable: true },
} as const satisfies Record<string, { code: number; kind: TrainerErrorKind; retryable: boolean }>;

/** Ends the trainer with the contract's exit code and an `error` event. */
export class TrainerExit extends Error {
  override name = 'TrainerExit';
  readonly code: number;
  readonly kind: TrainerErrorKind;
  readonly retryable: boolean;

  constructor(cause: keyof typeof exits, message: string) {
    super(message);
    const { code, kind, retryable } = exits[cause];
    this.code = code;
    this.kind = kind;
    this.retryable = retryable;
  }

  /** What any error means for the contract. */
  static from(error: unknown): TrainerExit {
    if (error instanceof TrainerExit) return error;
    const message = error instanceof Error ? error.message : String(error);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') return new TrainerExit('later', `The disk is full: ${message}`);
    if (/bad_alloc|out of memory|failed to allocate|array buffer allocation/i.test(message))
      return new TrainerExit('memory', `Out of memory: ${message}`);
    if (['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(code))
      return new TrainerExit('library', `A library is missing: ${message}`);
    return new TrainerExit('internal', message);
  }
}
