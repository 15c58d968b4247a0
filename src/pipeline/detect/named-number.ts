import type { LogRecord } from '../../domain/log/record.ts';
import { lengthOfUnit } from '../../domain/time/unit-words.ts';

/** What a number in a line is: the name of its field as the line has it, else what its unit says, and the unit. */
export interface NamedNumber {
  name?: string;
  kind?: 'responseTime' | 'time' | 'size' | 'status';
  /** As the line writes it; empty where it has none. */
  unit: string;
}

const TIMES = new Set([
  'ns',
  'us',
  'µs',
  'ms',
  'msec',
  'millis',
  's',
  'sec',
  'secs',
  'seconds',
  'min',
  'minutes',
  'h',
]);
const SIZES = new Set(['b', 'bytes', 'kb', 'mb', 'gb', 'tb', 'kib', 'mib', 'gib', 'k', 'm', 'g']);
const OTHERS = new Set(['%', 'rpm', 'qps', 'rps', '개', '건', '명', '회', '분']);

/** The end of a field's name that is its unit: `duration_ms`, `durationMs`, `size.bytes`. */
const IN_NAME =
  /(?:[a-z0-9][_.-](ns|us|ms|msec|millis|s|secs?|seconds|minutes|bytes|[kmgt]i?b|pct|percent)|[a-z](Ms|Ns|Us|Sec|Seconds|Bytes|Kb|Mb))$/i;
/** A key and what joins it to its value, right before the value. */
const KEY = /([\p{L}_][\p{L}\p{N}_.-]{0,40})["']?[ \t]?[=:][ \t]?["'[(]?$/u;
const WORD = /([\p{L}][\p{L}_-]{1,30})[ \t]$/u;
/** Words before a number that do not name it. */
const NO_NAME = new Set(
  'a about after all and at before by every for from in is of on or over the than to was with'.split(' '),
);
/** Characters before and after a number that are looked at. */
const AROUND = 64;
const UNIT = /^[ \t]?([%\p{L}µ]{1,8})(?![\p{L}\p{N}=:])/u;

const isUnit = (word: string): boolean =>
  TIMES.has(word.toLowerCase()) ||
  SIZES.has(word.toLowerCase()) ||
  OTHERS.has(word) ||
  lengthOfUnit(word) !== undefined;

function unitOfName(name: string): string {
  const [, joined, camel] = IN_NAME.exec(name) ?? [];
  const unit = (camel ?? joined ?? '').toLowerCase();
  return unit === 'pct' || unit === 'percent' ? '%' : unit;
}

function kindOfUnit(unit: string): Pick<NamedNumber, 'kind'> {
  const lower = unit.toLowerCase();
  if (TIMES.has(lower) || lengthOfUnit(lower) !== undefined) return { kind: 'time' };
  return SIZES.has(lower) ? { kind: 'size' } : {};
}

/** Numbers of a message, and how many of its characters are looked at. */
const NUMBER = /\d+(?:\.\d+)?/g;
const READ = 2_000;

/** Whether two numbers are the same but for how their fractions were added up. */
const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

/** What a value in a record is. It is looked for where values are read: the request, the fields, the message. */
export function namedNumber({ message, request, attributes }: LogRecord, value: number): NamedNumber {
  if (request?.durationMs !== undefined && isSame(request.durationMs, value))
    return { kind: 'responseTime', unit: 'ms' };
  if (request?.status === value) return { kind: 'status', unit: '' };
  for (const name in attributes)
    if (typeof attributes[name] === 'number' && isSame(attributes[name], value))
      return { name, unit: unitOfName(name) };
  const text = message.slice(0, READ);
  for (const found of text.matchAll(NUMBER))
    if (isSame(Number(found[0]), value)) return inText(text, found.index, found.index + found[0].length);
  return { unit: '' };
}

/** The number between two places of a text. */
function inText(text: string, from: number, to: number): NamedNumber {
  const before = text.slice(Math.max(0, from - AROUND), from);
  const key = KEY.exec(before)?.[1];
  const next = UNIT.exec(text.slice(to, to + AROUND))?.[1] ?? '';
  const unit = isUnit(next) ? next : key ? unitOfName(key) : '';
  if (key) return { name: key, unit };
  const known = kindOfUnit(unit);
  if (known.kind) return { ...known, unit };
  const word = WORD.exec(before)?.[1];
  return { ...(word && !NO_NAME.has(word.toLowerCase()) ? { name: word } : {}), unit };
}
