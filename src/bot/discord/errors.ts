import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { PlainWord } from '../../i18n/health.ts';

/** Discord's JSON error codes (docs.discord.com, "Opcodes and status codes") where the HTTP status says too little. */
const CODES = new Map<number | string, ErrorCode>([
  [40_005, 'too_large'],
  [50_001, 'forbidden'],
  // Written by another bot: this one may not change it.
  [50_005, 'conflict'],
  [50_013, 'forbidden'],
  [50_083, 'forbidden'],
  [160_005, 'forbidden'],
]);
const STATUSES = new Map<number, ErrorCode>([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'too_large'],
  [429, 'rate_limited'],
]);

/** Discord's own code (`10003` unknown channel, …), where the error carries one. */
export const discordCode = (error: unknown): number | string | undefined =>
  error instanceof DiscordAPIError
    ? error.code
    : error instanceof AppError
      ? discordCode(error.cause)
      : undefined;

export const UNKNOWN_CHANNEL = 10_003;
export const THREAD_EXISTS = 160_004;

/** What a call to Discord threw, as an AppError. @param what the operation, for the log; never a URL: those of interactions carry a token */
export function toDiscordError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof RateLimitError)
    return new AppError('rate_limited', `discord ${what}: rate limited`, {
      answered: true,
      retryAfterMs: Math.ceil(
        Math.max(error.retryAfter, error.sublimitTimeout, error.global ? error.timeToReset : 0),
      ),
    });
  if (error instanceof DiscordAPIError) {
    const code = CODES.get(error.code) ?? STATUSES.get(error.status) ?? 'internal';
    const detail = code === 'internal' ? `: ${error.message.slice(0, 300)}` : '';
    return new AppError(code, `discord ${what}: ${error.status} (${error.code})${detail}`, {
      cause: error,
      answered: error.status < 500,
      ...(code === 'conflict' ? { retryable: false } : {}),
    });
  }
  // With a 5xx the call may still go on behind the proxy that answered.
  if (error instanceof HTTPError)
    return new AppError(
      STATUSES.get(error.status) ?? 'unavailable',
      `discord ${what}: HTTP ${error.status}`,
      { cause: error, answered: error.status < 500 },
    );
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
    return new AppError('timeout', `discord ${what}: no answer in time`, { cause: error });
  if (error instanceof Error && !(error instanceof TypeError))
    return new AppError('unavailable', `discord ${what}: not reachable`, { cause: error });
  return new AppError('internal', `discord ${what}: ${String(error)}`, { cause: error });
}

/** What a person can do about an error of this code. */
export function discordMend(code: ErrorCode): PlainWord {
  if (code === 'unauthorized') return 'mend.discordToken';
  if (code === 'forbidden') return 'mend.discordRights';
  return code === 'not_found' ? 'mend.discordChannel' : 'mend.discord';
}
