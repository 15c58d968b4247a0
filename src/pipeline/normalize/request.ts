import { STATUS_CODES } from 'node:http';
import type { Level } from '../../domain/log/record.ts';
import { errorCodeOf } from './codes.ts';
import { endpointOf, type Facts, meaningOf, millisOf } from './structured.ts';

/** TRACE and CONNECT are left out: the one is a level, the other names no path. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
/** How far around a request its outcome is looked for. */
const NEAR = 240;
/** Slashes of a line that are looked at. */
const MAX_SLASHES = 24;

/** What closes a quoted request. */
const VERSION = /^(?:\s+HTTP\/[\d.]{1,3}(?=["'\s]|$))?["']?/;
/** What may follow a bare number that is a status: the end, punctuation, another number, a reason, `in 45 ms`; no noun. */
const AFTER_STATUS =
  '(?=$|[)\\]},;|:"\']|\\s+(?:[-–|([{"\'<\\d]|[A-Z]|(?:in|after|took|ok|for|and|with|within)\\b|[\\w.-]+[=:]|소요|응답|처리|완료|성공|실패))';
/** Directly behind the path: `200`, `- 200`, `=> 200`, `from 10.0.0.7 - 200`. One class, bounded: no two ways through it. */
const NEXT = new RegExp(
  `^[\\s\\-–—:|,;([>→=]{0,24}(?:(?:from )?[\\da-f]{0,4}[.:][\\da-f.:]{1,44}\\)?\\s(?:- )?)?(?<![\\w.])(\\d{3})${AFTER_STATUS}`,
);
const SAID = new RegExp(
  `(?:\\brespon(?:se|ded)(?: with)?|\\breturn(?:ed|s)(?: with)?|\\banswered(?: with)?|=>|->|→|응답|결과)\\s?[:=]?\\s?(\\d{3})${AFTER_STATUS}`,
  'i',
);
const NAMED =
  /(?:\b(?:status|http)(?:[ _-]?(?:status|code)){0,2}|\bHTTP\/[\d.]{1,3}|\bcode|(?:상태|응답)(?:\s?코드)?)["']?\s?[:=]?\s?["'([]?(\d{3})(?![\w.:%-])/i;
const BRACKETED = /[[(](\d{3})[\])]|(?<![\w.])(\d{3})(?:으로|로) /;
/** `503 Service Unavailable` */
const REASON = /(?<![\w.:/-])(\d{3}) ([A-Z][A-Za-z' -]+)/g;
const KEYED = /([A-Za-z_][\w.@-]{0,40})["']?[=:]\s?["']?(\d+(?:\.\d+)?)(?:\s?(ns|us|µs|ms|s)\b|(?![\w.]))/g;
/** Before the request: `| 200 |`, `[200]: `, `status=200`, a proxy's timers and status, and `200 ` as its first word. */
const BEFORE = /\|\s*(\d{3})\s*\||\[(\d{3})\]:?\s*$|\bstatus(?:[ _-]?code)?["']?\s?[:=]\s?["']?(\d{3})\b/i;
const TIMERS = /\s(?:-?\d+\/){4}\+?(\d+) (\d{3}) /;
const LEADING = /(?:^|\]\s)(\d{3})(?: [A-Z][A-Za-z' -]{1,30})?:? ["']?$/;
/** A proxy's columns behind the quoted request: status, flags, bytes in, bytes out, milliseconds. */
const PROXY = /^["']? \d{3} (?:-|[A-Z]{2,6}(?:,[A-Z]{2,6})*)(?: \S+ - "-")? \d+ \d+ (\d+) (?:\d+|-) /;

const DURATION =
  /(?<![\w./-])(\d+(?:\.\d+)?)\s?(ns|us|µs|μs|ms|msecs?|millis(?:econds)?|s|secs?|seconds?|밀리초|초)(?![A-Za-z0-9_])/;
const UNITS: Record<string, number> = {
  n: 1e-6,
  u: 1e-3,
  µ: 1e-3,
  μ: 1e-3,
  m: 1,
  밀: 1,
  s: 1_000,
  초: 1_000,
};
/** A duration behind one of these is a setting or a plan, not how long the request took. */
const PLANNED =
  /retr(?:y|ies)|again|will|schedul|time-?out|limit|deadline|back-?off|wait|sleep|interval|every|ttl|expire|max-?age|재시도|제한|대기|간격|만료|예정/i;
/** What stands between a request and its duration where no status is told. */
const TOOK =
  /^(?:[^\p{L}]|\b(?:HTTP|request|complete[ds]?|finish(?:ed)?|done|handled|processed|served|took|taken|in|after|within|duration|elapsed|latency|time|total|rt|ok|success(?:ful(?:ly)?)?|failed|timed|out)\b|완료|처리|소요|응답|시간|요청|걸림|됨|성공|실패|초과)*$/iu;

interface Asked {
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

/** A path without the punctuation that ends what it stands in. */
function withoutClosing(path: string): string {
  let end = path.length;
  while (end > 0 && ',;:)]}'.includes(path[end - 1]!)) end -= 1;
  return path.slice(0, end);
}

/** A method with a path behind it. Most lines stop at the first question: is there a slash. */
function askedIn(text: string): Asked | undefined {
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

const isStatus = (status: number): boolean => status >= 100 && status <= 599;
/** A bare number is a status when it is one of those in use; any other is an id or a count. */
const isUsual = (status: number): boolean =>
  STATUS_CODES[status] !== undefined || status === 444 || status === 499 || (status >= 520 && status <= 530);

function statusIn(before: string, rest: string, leading: string): number | undefined {
  const next = NEXT.exec(rest) ?? SAID.exec(rest);
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
  return isUsual(first) ? first : undefined;
}

/** Pairs of the text by the meaning of their names. */
function keyedIn(rest: string): { status?: number; durationMs?: number } {
  const found: ReturnType<typeof keyedIn> = {};
  for (const [, key, value, unit] of rest.matchAll(KEYED)) {
    const meaning = meaningOf(key!);
    if (meaning === 'status' && isStatus(Number(value))) found.status ??= Number(value);
    if (meaning === 'millis' || meaning === 'seconds')
      found.durationMs ??= millisOf(`${value}${unit ?? ''}`, meaning);
  }
  return found;
}

/** @param told whether a status is told: without one, only plain words may stand before the duration */
function durationIn(before: string, rest: string, told: boolean): number | undefined {
  if (PLANNED.test(before)) return undefined;
  const behind = DURATION.exec(rest);
  const gap = behind ? rest.slice(0, behind.index) : '';
  const found =
    behind && !PLANNED.test(gap) && (told || TOOK.test(gap))
      ? behind
      : before.includes('|')
        ? DURATION.exec(before)
        : null;
  if (found) return Number(found[1]) * UNITS[found[2]![0]!]!;
  const proxy = PROXY.exec(rest) ?? TIMERS.exec(before);
  return proxy ? Number(proxy[1]) : undefined;
}

export const levelOfStatus = (status: number): Level =>
  status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';

/**
 * The request a line of any form tells of: a method and a path, with a status near it or how long it took. The status
 * gives a level, for lines that name none. Undefined when no request is told, or nothing of its outcome.
 * @param bodyAt where the message of the line begins
 */
export function requestFacts(text: string, bodyAt = 0): Facts | undefined {
  const asked = askedIn(text);
  if (!asked) return undefined;
  const before = text.slice(Math.max(0, asked.start - NEAR), asked.start);
  const rest = text.slice(asked.end, asked.end + NEAR).replace(VERSION, '');
  const end = rest.indexOf('\n');
  const line = end < 0 ? rest : rest.slice(0, end);
  const keyed = line.includes('=') || line.includes(':') ? keyedIn(line) : {};
  const status =
    keyed.status ?? statusIn(before, line, asked.start > bodyAt ? text.slice(bodyAt, asked.start) : '');
  const durationMs = keyed.durationMs ?? durationIn(before, line, status !== undefined);
  if (status === undefined && durationMs === undefined) return undefined;
  const failed = status !== undefined && status >= 500;
  return {
    ...(status !== undefined ? { level: levelOfStatus(status) } : {}),
    ...(failed ? { errorCode: errorCodeOf(text.slice(bodyAt)) ?? `HTTP ${status}` } : {}),
    request: {
      endpoint: endpointOf(asked.method, asked.path),
      ...(status !== undefined ? { status } : {}),
      ...(durationMs !== undefined ? { durationMs } : {}),
    },
    attributes: {},
  };
}
