import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { AppError, type ErrorCode } from '../../domain/errors.ts';
import type { PlainWord } from '../../i18n/health.ts';

/** Slack's error strings by our codes; one that is not listed is a fault of ours (`internal`). */
const CODES: Partial<Record<ErrorCode, readonly string[]>> = {
  not_found: [
    'channel_not_found',
    'is_archived',
    'message_not_found',
    'thread_not_found',
    'user_not_found',
    'no_such_subtype',
  ],
  forbidden: [
    'missing_scope',
    'not_in_channel',
    'user_not_in_channel',
    'restricted_action',
    'restricted_action_thread_only_channel',
    'restricted_action_read_only_channel',
    'no_permission',
    'access_denied',
    'ekm_access_denied',
    'team_access_not_granted',
  ],
  unauthorized: [
    'invalid_auth',
    'not_authed',
    'token_revoked',
    'token_expired',
    'account_inactive',
    'org_login_required',
    'not_allowed_token_type',
  ],
  // The message exists, but this bot may not change it (any more): a rule of the workspace, another bot's token.
  conflict: ['cant_update_message', 'edit_window_closed'],
  rate_limited: ['ratelimited', 'rate_limited', 'message_limit_exceeded'],
  unavailable: ['fatal_error', 'internal_error', 'service_unavailable', 'request_timeout', 'accesslimited'],
  too_large: ['msg_too_long', 'msg_blocks_too_long', 'metadata_too_large'],
};
const CODE_OF = new Map(
  Object.entries(CODES).flatMap(([code, names]) => names.map((name) => [name, code as ErrorCode] as const)),
);

/**
 * After these the call has ended. Slack documents for both that a part of the operation may have succeeded before; we assume
 * that nothing more happens after. With any other 5xx the call may still go on behind the proxy that answered.
 */
const FINAL: ReadonlySet<string> = new Set(['internal_error', 'fatal_error']);

/** Slack's own word in the body of an HTTP error (parsed where it is JSON); undefined where something else wrote it. */
function reasonIn(body: unknown): string | undefined {
  const { ok, error } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return ok === false && typeof error === 'string' ? error : undefined;
}

/** Slack's own word for what went wrong (`channel_not_found`), where the error carries one. */
export const slackReason = (error: unknown): string | undefined =>
  error instanceof WebAPIPlatformError
    ? error.data.error
    : error instanceof AppError
      ? slackReason(error.cause)
      : undefined;

/** What a call to Slack threw, as an AppError. @param what the API method, for the log */
export function toSlackError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof WebAPIRateLimitedError)
    return new AppError('rate_limited', `slack ${what}: rate limited`, {
      cause: error,
      retryAfterMs: error.retryAfter * 1_000,
      answered: true,
    });
  if (error instanceof WebAPIPlatformError) {
    const name = error.data.error;
    const code = CODE_OF.get(name) ?? 'internal';
    const answered = FINAL.has(name) || (code !== 'unavailable' && code !== 'timeout');
    const how = { cause: error, answered, ...(code === 'conflict' ? { retryable: false } : {}) };
    return new AppError(code, `slack ${what}: ${name.slice(0, 100)}`, how);
  }
  if (error instanceof WebAPIHTTPError) {
    const name = reasonIn(error.body);
    if (FINAL.has(name ?? ''))
      return new AppError('unavailable', `slack ${what}: HTTP ${error.statusCode} (${name})`, {
        cause: error,
        answered: true,
      });
    return fromStatus(error.statusCode, what, error);
  }
  const inner = error instanceof WebAPIRequestError ? error.original : error;
  if (inner instanceof Error && inner.name === 'TimeoutError')
    return new AppError('timeout', `slack ${what}: no answer in time`, { cause: error });
  if (error instanceof WebAPIRequestError)
    return new AppError('unavailable', `slack ${what}: not reachable`, { cause: error });
  // A 429 without Retry-After and a failed upload are plain errors of the SDK; a TypeError is ours.
  if (error instanceof Error && !(error instanceof TypeError))
    return new AppError('unavailable', `slack ${what}: ${error.message}`, { cause: error });
  return new AppError('internal', `slack ${what}: ${String(error)}`, { cause: error });
}

/** An HTTP status of Slack (API or `response_url`) as an AppError. */
export function fromStatus(
  status: number,
  what: string,
  cause?: unknown,
  retryAfter?: string | null,
): AppError {
  const message = `slack ${what}: HTTP ${status}`;
  // With a 5xx the call may still go on behind the proxy that answered.
  const how = { cause, answered: status < 500 };
  if (status === 429)
    return new AppError('rate_limited', message, { ...how, retryAfterMs: (Number(retryAfter) || 1) * 1_000 });
  if (status === 401) return new AppError('unauthorized', message, how);
  if (status === 403) return new AppError('forbidden', message, how);
  if (status === 404 || status === 410) return new AppError('not_found', message, how);
  return new AppError('unavailable', message, how);
}

/** What a person can do about an error of this code. */
export function slackMend(code: ErrorCode): PlainWord {
  if (code === 'unauthorized') return 'mend.slackToken';
  if (code === 'forbidden') return 'mend.slackRights';
  return code === 'not_found' ? 'mend.slackChannel' : 'mend.slack';
}
