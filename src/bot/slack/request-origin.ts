import { AppError, toAppError } from '../../domain/errors.ts';
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import type { Place } from '../chat/chat.ts';
import { fromStatus } from './errors.ts';

/** A `response_url` works five times within 30 minutes; a minute is kept as reserve. */
const RESPONSE_USES = 5;
const RESPONSE_MS = 29 * MINUTE;
const RESPONSE_TIMEOUT_MS = 10 * SECOND;

/** Where a request came from, and where its answers may go. */
export interface RequestOrigin {
  place: Place;
  user: string;
  team?: string;
  responseUrl?: ResponseUrl;
  /** Whether `replace_original` would replace our own earlier answer (slash command) or the message with the button. */
  replaces: boolean;
}

export interface ResponseUrl {
  usable(reserve: number): boolean;
  send(body: Record<string, unknown>): Promise<void>;
}

/** @param url the `response_url` of a command or a click: a secret of that interaction, never logged */
export function responseUrl(url: string, signal: AbortSignal): ResponseUrl {
  let uses = 0;
  const until = Date.now() + RESPONSE_MS;
  return {
    usable: (reserve) => uses + reserve < RESPONSE_USES && Date.now() < until,
    async send(body) {
      uses += 1;
      let response: Response;
      try {
        response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.any([signal, AbortSignal.timeout(RESPONSE_TIMEOUT_MS)]),
        });
      } catch (cause) {
        if (cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError'))
          throw toAppError(cause);
        throw new AppError('unavailable', 'slack response_url: not reachable', { cause });
      }
      await response.body?.cancel();
      if (!response.ok)
        throw fromStatus(response.status, 'response_url', undefined, response.headers.get('retry-after'));
    },
  };
}
