import type { AttributeValue } from '../../../domain/log/record.ts';
import { endpointOf, type Facts, requestOf } from '../structured.ts';
import type { Reference } from '../time/instant.ts';
import { timeOf } from '../time/timestamp.ts';

/**
 * Access lines as Apache began to write them: client, user, [time], "request", status, bytes; then referer and agent, if any.
 * A virtual host may stand before, and anything behind.
 */
const WITH_HOST =
  /^(?:\S{1,255}:\d{1,5} )?(\S+) \S+ (\S+) \[([^\]]{10,40})\] ("([A-Z]{3,10}) (\S{1,4000})[^"]{0,20}" (\d{3}) (\d+|-)(?: "[^"]*" "[^"]*")?)(.*)$/s;

/** `rt=0.106`, `request_time:"0.1"`, `urt=0.104` behind an access line. */
const NAMED =
  /(?:^|[\s,;|])"?(rt|reqtime|request_time|req_time|time|duration|took|elapsed|latency|response_time|D)"?[=:]\s?"?(\d{1,9}(?:\.\d{1,9})?)(ns|us|µs|ms|s)?\b/i;
/** The size of a request before its time in seconds. */
const SIZE = /^\s\d{1,12}(?=\s\d{1,7}\.\d{1,6}(?:\s|$))/;
/** A bare number, perhaps with a unit, in quotes, or in seconds and microseconds. */
const BARE = /^\s["[*]{0,3}(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s)?(?:\/(\d{1,12}))?["\]*]{0,3}(?=\s|$)/;
const NUMBER = /^\d{1,12}(?:\.\d{1,9})?$/;
/** A duration with a unit at the end, behind the columns of a proxy: `12ms`. */
const CLOSING = /\s(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s)$/;
const MILLIS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000 };

/** The same where no colon is in the first column. */
const ACCESS = new RegExp(WITH_HOST.source.replace('(?:\\S{1,255}:\\d{1,5} )?', ''), 's');

/** Whether a text has what every access line has. */
export const mayBeAccess = (line: string): boolean => line.includes('] "');

/** The facts of an access line; its message is without client and time. Undefined for any other line. */
export function accessFacts(line: string, zone: string, now: Reference): Facts | undefined {
  if (!mayBeAccess(line)) return undefined;
  const match = (line.lastIndexOf(':', line.indexOf(' ')) < 0 ? ACCESS : WITH_HOST).exec(line);
  if (!match) return undefined;
  const status = Number(match[7]);
  const attributes: Record<string, AttributeValue> = { client: match[1]!, method: match[5]!, status };
  if (match[8] !== '-') attributes.bytes = Number(match[8]);
  const took = match[9] ? durationBehind(match[9].slice(0, 2_000)) : undefined;
  const endpoint = endpointOf(match[5], match[6]!);
  return {
    timestamp: timeOf(match[3], zone, now),
    level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    service: undefined,
    part: undefined,
    host: undefined,
    message: match[4]! + match[9]!,
    errorCode: status >= 500 ? `HTTP ${status}` : undefined,
    traceId: undefined,
    spanId: undefined,
    request: requestOf(endpoint, status, took?.unitless ? undefined : took?.value),
    named: undefined,
    unitless: took?.unitless ? { field: '', value: took.value } : undefined,
    attributes,
  };
}

/** How long the request took by what is behind its agent: milliseconds, or a number without a unit. */
function durationBehind(rest: string): { value: number; unitless: boolean } | undefined {
  const named = NAMED.exec(rest);
  // A named fraction is in seconds, as `$request_time` of nginx is.
  if (named) return withUnit(named[2]!, named[3], named[2]!.includes('.') ? 1_000 : undefined);
  const closing = CLOSING.exec(rest.slice(-40));
  if (closing) return withUnit(closing[1]!, closing[2]);
  const bare = BARE.exec(behindQuoted(rest).replace(SIZE, ''));
  // Seconds, a slash and the same in microseconds.
  if (bare?.[3]) return withUnit(bare[3], 'us');
  return bare ? withUnit(bare[1]!, bare[2], bare[1]!.includes('.') ? 1_000 : undefined) : undefined;
}

/** The text behind what is in quotes and no number: addresses, hosts, further headers of the request. */
function behindQuoted(text: string): string {
  let rest = text;
  while (rest.startsWith(' "')) {
    const close = rest.indexOf('"', 2);
    if (close < 0 || NUMBER.test(rest.slice(2, close))) break;
    rest = rest.slice(close + 1);
  }
  return rest;
}

function withUnit(
  digits: string,
  unit: string | undefined,
  factor = unit === undefined ? undefined : MILLIS[unit.toLowerCase()],
): { value: number; unitless: boolean } {
  const value = Number(digits) * (unit === undefined ? (factor ?? 1) : MILLIS[unit.toLowerCase()]!);
  return { value, unitless: unit === undefined && factor === undefined };
}
