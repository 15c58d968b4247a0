import { STATUS_CODES } from 'node:http';
import type { Level } from '../../domain/log/record.ts';
import { lengthOfUnit, TIME_UNIT_WORDS } from '../../domain/time/unit-words.ts';
import { tellsOfFailure } from '../../lexicon/gravity.ts';
import { errorCodeOf } from './error-codes.ts';
import {
  KOREAN_AFTER_STATUS,
  KOREAN_OUTCOME_WORDS,
  METHODS,
  OUTCOME_WORDS,
  PLANNED_WORDS,
  REFERRING_WORDS,
  STATUS_INTRODUCTIONS,
  WORDS_AFTER_STATUS,
} from './lexicon/requests.ts';
import { endpointOf, type Facts, meaningOf, millisOf, requestOf } from './structured.ts';

const anyOf = (words: readonly string[]): string => words.join('|');

/** Characters around a request in which its status and duration are looked for. */
const NEAR = 240;
/** Slashes of a line that are tried. */
const MAX_SLASHES = 24;

/** The end of a quoted request. */
const VERSION = /^(?:\s+HTTP\/[\d.]{1,3}(?=["'\s]|$))?["']?/;
/** What may follow a bare number that is a status: the end, punctuation, another number, a reason, `in 45 ms`; no noun. */
const AFTER_STATUS = `(?=${anyOf([
  '$',
  '[)\\]},;|:"\']',
  `\\s+(?:[-–|([{"'<\\d]|[A-Z]|(?:${anyOf(WORDS_AFTER_STATUS)})\\b|[\\w.-]+[=:]|${anyOf(KOREAN_AFTER_STATUS)})`,
])})`;
/** Directly after the path: `200`, `- 200`, `=> 200`, `from 10.0.0.7 - 200`. One class, bounded: only one way to match. */
const NEXT = new RegExp(
  `^[\\s\\-–—:|,;([>→=]{0,24}(?:(?:from )?[\\da-f]{0,4}[.:][\\da-f.:]{1,44}\\)?\\s(?:- )?)?(?<![\\w.])(\\d{3})${AFTER_STATUS}`,
);
/** After the path, with words between: `returned 200`. */
const INTRODUCED = new RegExp(`(?:${anyOf(STATUS_INTRODUCTIONS)})\\s?[:=]?\\s?(\\d{3})${AFTER_STATUS}`, 'i');
const NAMED =
  /(?:\b(?:status|http)(?:[ _-]?(?:status|code)){0,2}|\bHTTP\/[\d.]{1,3}|\bcode|(?:상태|응답)(?:\s?코드)?)["']?\s?[:=]?\s?["'([]?(\d{3})(?![\w.:%-])/i;
const BRACKETED = /[[(](\d{3})[\])]|(?<![\w.])(\d{3})(?:으로|로) /;
/** `503 upstream cart failed`: small letters behind a server error, where they tell of a failure and are no noun it counts. */
const TOLD = /^ (5\d{2}) (?=\p{Ll})/u;
/** `503 Service Unavailable` */
const REASON = /(?<![\w.:/-])(\d{3}) ([A-Z][A-Za-z' -]+)/g;
const KEYED = /([A-Za-z_][\w.@-]{0,40})["']?[=:]\s?["']?(\d+(?:\.\d+)?)(?:\s?(ns|us|µs|ms|s)\b|(?![\w.]))/g;
/** Before the request: `| 200 |`, `[200]: `, `status=200`; a proxy's timers and status; `200 ` as its first word. */
const BEFORE = /\|\s*(\d{3})\s*\||\[(\d{3})\]:?\s*$|\bstatus(?:[ _-]?code)?["']?\s?[:=]\s?["']?(\d{3})\b/i;
const TIMERS = /\s(?:-?\d+\/){4}\+?(\d+) (\d{3}) /;
/** A load balancer's three times in seconds, the status to the client and that of the server, two sizes. */
const BALANCER =
  /(-1|\d{1,6}\.\d{1,9}) (-1|\d{1,6}\.\d{1,9}) (-1|\d{1,6}\.\d{1,9}) (\d{3}|-) (?:\d{3}|-|0) \d+ \d+ "$/;
/** A cache's milliseconds, client, outcome and status, size. */
const CACHE = /(?:^|\s)(\d{1,9}) \S+ [A-Z][A-Z_]{2,40}\/(\d{3}) \d+ $/;
const LEADING = /(?:^|\]\s)(\d{3})(?: [A-Z][A-Za-z' -]{1,30})?:? ["']?$/;
/** A proxy's columns after the quoted request: status, flags, bytes in, bytes out, milliseconds. */
const PROXY = /^["']? \d{3} (?:-|[A-Z]{2,6}(?:,[A-Z]{2,6})*)(?: \S+ - "-")? \d+ \d+ (\d+) (?:\d+|-) /;

const DURATION = new RegExp(
  `(?<![\\w./-])(\\d+(?:\\.\\d+)?)\\s?(${TIME_UNIT_WORDS}|ns|us|µs|μs|ms|msecs?|millis(?:econds)?|s|secs?|seconds?)(?![A-Za-z0-9_])`,
);
const UNITS: Record<string, number> = { n: 1e-6, u: 1e-3, µ: 1e-3, μ: 1e-3, m: 1, s: 1_000 };
/** A duration after one of these is a setting or a plan, and not how long the request took. */
const PLANNED = new RegExp(anyOf(PLANNED_WORDS), 'i');
/** What may stand between a request and its duration when there is no status. */
const UNTIL_DURATION = new RegExp(
  `^(?:[^\\p{L}]|\\b(?:${anyOf(OUTCOME_WORDS)})\\b|${anyOf(KOREAN_OUTCOME_WORDS)})*$`,
  'iu',
);

/** A sentence that refers to a request, as a proxy's error log does: the request has a line of its own. */
const REFERRED = new RegExp(`\\b(?:${anyOf(REFERRING_WORDS)}) ["'\`]?$`, 'i');

interface RequestMatch {
  /** Where the method begins, and where the path ends. */
  start: number;
  end: number;
  method: string;
  path: string;
}

/** What may stand between a method and a path, and around them: space, quotes, bars, dashes, colons, brackets. */
const isBetween = (code: number): boolean =>
  code === 32 || code === 34 || code === 39 || code === 124 || code === 45 || code === 58 || code === 93;
const isUpper = (code: number): boolean => code >= 65 && code <= 90;
const isWord = (code: number): boolean =>
  isUpper(code) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95;

/** A path without the punctuation of the text around it. */
function withoutClosing(path: string): string {
  let end = path.length;
  while (end > 0 && ',;:)]}'.includes(path[end - 1]!)) end -= 1;
  return path.slice(0, end);
}

/** The first method with a path after it. Most lines stop at the first question: is there a slash. */
function findRequest(text: string): RequestMatch | undefined {
  let slash = text.indexOf('/');
  for (let tries = 0; slash > 0 && tries < MAX_SLASHES; tries++) {
    let from = slash;
    // `http://host/path`: the scheme belongs to it.
    if (text.charCodeAt(slash - 1) === 58 && text.charCodeAt(slash + 1) === 47) {
      from = slash - 1;
      while (from > 0 && isWord(text.charCodeAt(from - 1))) from--;
    }
    let end = from;
    while (end > 0 && from - end < 12 && isBetween(text.charCodeAt(end - 1))) end--;
    let start = end;
    while (start > 0 && end - start < 8 && isUpper(text.charCodeAt(start - 1))) start--;
    if (end < from && end - start >= 3 && (start === 0 || !isWord(text.charCodeAt(start - 1)))) {
      const method = text.slice(start, end);
      if (METHODS.has(method)) {
        const path = withoutClosing(/^[^\s"'|]{1,4000}/.exec(text.slice(from, from + 4_000))?.[0] ?? '');
        if (path) return { start, end: from + path.length, method, path };
      }
    }
    slash = text.indexOf('/', from < slash ? slash + 2 : slash + 1);
  }
  return undefined;
}

/** The status and duration in the columns before a request. */
function columnsBefore(before: string): { status?: number; durationMs?: number } {
  const last = before.charCodeAt(before.length - 1);
  const balancer = last === 34 ? BALANCER.exec(before) : null;
  if (balancer) {
    // -1 stands for a part that there was none of.
    const parts = [1, 2, 3].map((part) => Number(balancer[part])).filter((seconds) => seconds >= 0);
    const found: ReturnType<typeof columnsBefore> = {};
    if (balancer[4] !== '-') found.status = Number(balancer[4]);
    if (parts.length > 0) found.durationMs = parts.reduce((sum, seconds) => sum + seconds, 0) * 1_000;
    return found;
  }
  const cache = last === 32 ? CACHE.exec(before) : null;
  return cache ? { status: Number(cache[2]), durationMs: Number(cache[1]) } : {};
}

const isStatus = (status: number): boolean => status >= 100 && status <= 599;
/** A bare number is a status when it is one that servers use; any other is an id or a count. */
const isUsual = (status: number): boolean =>
  STATUS_CODES[status] !== undefined || status === 444 || status === 499 || (status >= 520 && status <= 530);

function statusIn(before: string, rest: string, leading: string): number | undefined {
  const next = NEXT.exec(rest) ?? INTRODUCED.exec(rest);
  if (next && isUsual(Number(next[1]))) return Number(next[1]);
  const named = NAMED.exec(rest);
  if (named && isStatus(Number(named[1]))) return Number(named[1]);
  const bracketed = BRACKETED.exec(rest);
  const inside = Number(bracketed?.[1] ?? bracketed?.[2]);
  if (isUsual(inside)) return inside;
  for (const [, number, reason] of rest.matchAll(REASON)) {
    const phrase = STATUS_CODES[number!];
    if (phrase && reason!.toLowerCase().startsWith(phrase.toLowerCase())) return Number(number);
  }
  const earlier = BEFORE.exec(before);
  const status = Number(earlier?.[1] ?? earlier?.[2] ?? earlier?.[3] ?? TIMERS.exec(before)?.[2]);
  if (isUsual(status)) return status;
  const first = Number((LEADING.exec(leading) ?? LEADING.exec(before))?.[1]);
  if (isUsual(first)) return first;
  const told = TOLD.exec(rest);
  const failed = told && isUsual(Number(told[1])) && tellsOfFailure(rest.slice(told[0].length));
  return failed ? Number(told[1]) : undefined;
}

/** Status and duration by the names of the text's pairs. */
function keyedIn(rest: string): { status?: number; durationMs?: number } {
  const found: ReturnType<typeof keyedIn> = {};
  for (const [, key, value, unit] of rest.matchAll(KEYED)) {
    const meaning = meaningOf(key!);
    if (meaning === 'status' && isStatus(Number(value))) found.status ??= Number(value);
    if (meaning === 'seconds') found.durationMs ??= millisOf(`${value}${unit ?? ''}`, 'seconds');
    if (meaning === 'millis' || meaning === 'duration')
      found.durationMs ??= millisOf(`${value}${unit ?? ''}`, 'millis');
  }
  return found;
}

/** @param hasStatus without a status, only words about the outcome may stand before the duration */
function durationIn(before: string, rest: string, hasStatus: boolean): number | undefined {
  if (PLANNED.test(before)) return undefined;
  const behind = DURATION.exec(rest);
  const gap = behind ? rest.slice(0, behind.index) : '';
  const found =
    behind && !PLANNED.test(gap) && (hasStatus || UNTIL_DURATION.test(gap))
      ? behind
      : before.includes('|')
        ? DURATION.exec(before)
        : null;
  if (found) return Number(found[1]) * (lengthOfUnit(found[2]!) ?? UNITS[found[2]![0]!]!);
  const proxy = PROXY.exec(rest) ?? TIMERS.exec(before);
  return proxy ? Number(proxy[1]) : undefined;
}

const levelOfStatus = (status: number): Level => (status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info');

/**
 * The request in a line of any form: a method and a path, with a status or a duration near it. The status gives a level,
 * for lines that name none. Undefined when the line has no request, neither status nor duration, or only refers to a request
 * in a sentence without its status (`upstream failed for GET /orders after 300 ms`).
 * @param bodyAt where the message of the line begins
 */
export function requestFacts(text: string, bodyAt = 0): Facts | undefined {
  const found = findRequest(text);
  if (!found) return undefined;
  const before = text.slice(Math.max(0, found.start - NEAR), found.start);
  const rest = text.slice(found.end, found.end + NEAR).replace(VERSION, '');
  const end = rest.indexOf('\n');
  const line = end < 0 ? rest : rest.slice(0, end);
  const columns = columnsBefore(before);
  const keyed =
    columns.status === undefined && (line.includes('=') || line.includes(':')) ? keyedIn(line) : columns;
  const status =
    keyed.status ?? statusIn(before, line, found.start > bodyAt ? text.slice(bodyAt, found.start) : '');
  const durationMs = keyed.durationMs ?? durationIn(before, line, status !== undefined);
  if (status === undefined && (durationMs === undefined || REFERRED.test(before))) return undefined;
  const failed = status !== undefined && status >= 500;
  return {
    level: status === undefined ? undefined : levelOfStatus(status),
    errorCode: failed ? (errorCodeOf(text.slice(bodyAt)) ?? `HTTP ${status}`) : undefined,
    request: requestOf(endpointOf(found.method, found.path), status, durationMs),
    attributes: {},
  };
}
