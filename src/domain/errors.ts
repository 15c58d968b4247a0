/**
 * The catalogue of error codes. Adapters translate vendor errors into one of these; the router turns a code
 * into a sentence for people; nothing in the program looks at message text.
 */
export const ERROR_CODES = [
  'config_invalid', // a configuration value is wrong; the message names file, field and what is allowed
  'usage', // the person's input has the wrong form; the message is shown to the person
  'not_found', // what was asked for does not exist (incident, job, thread)
  'forbidden', // the person or the token may not do that
  'unauthorized', // a vendor refused our credentials (key, token)
  'rate_limited', // a vendor asked us to slow down; `retryAfterMs` says for how long
  'unavailable', // a backend cannot be reached or answered 5xx
  'timeout', // a backend did not answer in time
  'too_large', // the input exceeds a limit
  'malformed', // data that cannot be read: poison message, broken file, invalid model output
  'undecodable', // bytes of a broker that cannot be unpacked or decoded: codec, checksum, record format
  'budget_spent', // the day's money or tokens are used up
  'stopped', // a person pressed stop, or the process is shutting down
  'storage_full', // the disk is full or a folder cannot be written
  'conflict', // someone else changed the same thing in between
  'internal', // a defect of ours
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Whether an operation that failed with this code may work when tried again unchanged. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unavailable', 'timeout', 'conflict']);

/** The only error type that crosses a port. `message` is for the log; people see a sentence made from `code`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Milliseconds the vendor asked us to wait (`Retry-After`), where it said so. */
  readonly retryAfterMs?: number;
  /** The vendor answered: what it was sent is not on its way any more, though it may have been carried out. */
  readonly answered: boolean;
  override name = 'AppError';

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; retryAfterMs?: number; answered?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.answered = options.answered ?? false;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

/** Any thrown value as an AppError; what is not one already becomes `internal` (or `stopped` for an abort). */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new AppError('stopped', 'aborted', { cause: error });
  if (error instanceof Error && error.name === 'TimeoutError')
    return new AppError('timeout', error.message, { cause: error });
  return new AppError('internal', error instanceof Error ? error.message : String(error), { cause: error });
}
