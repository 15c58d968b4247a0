/** What an error code means, for people who run Bongsu. `docs/errors.md` is made from it. */
interface ErrorMeaning {
  meaning: string;
  /** Whether the same operation may succeed when it is tried again unchanged. */
  retryable: boolean;
  /** What a person can do about it. */
  remedy: string;
}

/**
 * The catalogue of error codes. Adapters translate the errors of vendors into one of these; the router turns a code into a
 * sentence for people. Nothing in the program looks at the text of a message.
 */
export const ERRORS = {
  config_invalid: {
    meaning: 'A value of the configuration is wrong. The message names file, field and what is allowed.',
    retryable: false,
    remedy: 'Correct the field and start again; `docs/config.md` lists all fields.',
  },
  usage: {
    meaning: 'What a person typed or a program sent has the wrong form. The message is shown to them.',
    retryable: false,
    remedy: 'Write it as the message says; `/logs help` and `--help` show the forms.',
  },
  not_found: {
    meaning: 'What was asked for does not exist: an incident, a job, a thread, a channel.',
    retryable: false,
    remedy: 'Check the id. Incidents, reports and jobs are removed some time after their end.',
  },
  forbidden: {
    meaning: 'The person, the token or the process may not do that.',
    retryable: false,
    remedy:
      'A person needs another role (`roles`); a bot has to be invited to the channel or needs a scope; a file needs the right to read it.',
  },
  unauthorized: {
    meaning: 'A vendor refused the credentials: key, token or password.',
    retryable: false,
    remedy: 'Set the right one in the environment; `bongsu doctor` names the backend.',
  },
  rate_limited: {
    meaning: 'A vendor asked to slow down; it may have said for how long.',
    retryable: true,
    remedy: 'Nothing: it is tried again after that time. Where it stays, ask the vendor for a higher limit.',
  },
  unavailable: {
    meaning: 'A backend cannot be reached, or answered that it failed (5xx).',
    retryable: true,
    remedy: 'It is tried again. Where it stays: `bongsu doctor` and `/health` name the backend.',
  },
  timeout: {
    meaning: 'A backend did not answer in time.',
    retryable: true,
    remedy: 'It is tried again. Where it stays: look at the load of the backend, or allow more time.',
  },
  too_large: {
    meaning: 'The input is above a limit. The message names the limit.',
    retryable: false,
    remedy: 'Send less at once, or ask for a shorter window.',
  },
  malformed: {
    meaning: 'Data that cannot be read: a message of a topic, a broken file, the reply of a model.',
    retryable: false,
    remedy: 'Look at what sent it. Messages of a topic wait in `<topic>.dlq`.',
  },
  undecodable: {
    meaning: 'Bytes of a broker that cannot be unpacked or decoded: codec, checksum or record format.',
    retryable: false,
    remedy: 'Look at the codec and the version of the producer. The bytes wait in `<topic>.dlq`.',
  },
  budget_spent: {
    meaning: 'The money or the tokens of the day are used up. Answers come without a model.',
    retryable: false,
    remedy: 'Wait for the next day, or raise `answers.budget`.',
  },
  stopped: {
    meaning: 'A person pressed stop, or the process is shutting down.',
    retryable: false,
    remedy: 'Ask again.',
  },
  storage_full: {
    meaning: 'The disk is full, or a folder cannot be written.',
    retryable: false,
    remedy: 'Free some space, or correct the rights of the folder; it goes on by itself then.',
  },
  conflict: {
    meaning: 'Somebody else changed the same thing at the same time.',
    retryable: true,
    remedy: 'Try again.',
  },
  internal: {
    meaning: 'A defect of Bongsu.',
    retryable: false,
    remedy: 'The log has the details; report them.',
  },
} as const satisfies Record<string, ErrorMeaning>;
export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The only error type that crosses a port. `message` is for the log; people see a sentence made from `code`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** How long the vendor asked us to wait, in milliseconds (`Retry-After`), if it said so. */
  readonly retryAfterMs?: number;
  /** The vendor answered, so the request is no longer running; it may still have been carried out. */
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
    this.retryable = options.retryable ?? ERRORS[code].retryable;
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
