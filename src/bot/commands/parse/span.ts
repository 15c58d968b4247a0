import { parseDuration } from '../../../domain/question/question.ts';
import { DAY, HOUR, MINUTE } from '../../../domain/time/units.ts';

/** A time that was found among words: a length back from now, or a day. `at` is its first word, `words` their number. */
export type SpanFound = { at: number; words: number } & ({ ms: number } | { day: Day });
export type Day = 'today' | 'yesterday';

const LONGEST = 90 * DAY;

/** A number and its unit, apart or together: `90 minutes`, `2hrs`, `3 일`. */
const UNITS: [RegExp, number][] = [
  [/^(?:s|secs?|seconds?|초)$/i, 1_000],
  [/^(?:m|mins?|minutes?|분)$/i, MINUTE],
  [/^(?:h|hrs?|hours?|시간)$/i, HOUR],
  [/^(?:d|days?|일)$/i, DAY],
  [/^(?:w|weeks?|주|주일)$/i, 7 * DAY],
];
/** Numbers in words count only behind `last` or `지난`: `it took a minute` is no span. */
const NUMBERS = new Map([
  ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map(
    (word, index): [string, number] => [word, index + 1],
  ),
  ...['한', '두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉', '열'].map(
    (word, index): [string, number] => [word, index + 1],
  ),
]);
const LASTING = new Map([
  ['하루', DAY],
  ['이틀', 2 * DAY],
  ['일주일', 7 * DAY],
  ['지난주', 7 * DAY],
]);
const LAST = /^(?:last|past|지난|최근)$/i;
/** Words that belong to the span behind or before them. */
const BEFORE = /^(?:the|in|for|over|during|within)$/i;
const AFTER = /^(?:동안|간|이내)$/;
const TODAY = /^(?:today|오늘)(?:의|은|는|에|부터|자)?$/i;
const YESTERDAY = /^(?:yesterday|어제)(?:의|은|는|에|부터|자)?$/i;

const bare = (word: string): string =>
  word.replace(/[?!.,]+$/, '').replace(/(?<=[초분간일주])(?:동안|간)$/, '');
const unitOf = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : UNITS.find(([unit]) => unit.test(bare(word)))?.[1];

/** Looks like a time span although it is none: `30x`, `5years`, `0m`. Not HTTP classes (`5xx`). */
export const spanLike = (word: string): boolean =>
  /^-?\d+(?:\.\d+)?[\p{L}]{1,8}$/u.test(word) && !/^\dxx$/i.test(word);

/** The beginning of the words if it has the form of a span with a known unit but is not valid: `0h`, `100 days`. */
export function wrongSpan(words: readonly string[]): string | undefined {
  const [first = '', second] = words;
  const together = /^-?\d+(?:\.\d+)?([\p{L}]+)$/u.exec(first);
  if (together && unitOf(together[1]) !== undefined) return first;
  return /^-?\d+(?:\.\d+)?$/.test(first) && unitOf(second) !== undefined ? `${first} ${second}` : undefined;
}

/** One number with its unit. @param told whether `last` stands before it */
function pieceAt(
  words: readonly string[],
  at: number,
  told: boolean,
): { ms: number; words: number } | undefined {
  const word = bare(words[at] ?? '');
  const whole = parseDuration(word);
  if (whole !== undefined) return { ms: whole, words: 1 };
  const together = /^(\d+(?:\.\d+)?)([\p{L}]+)$/u.exec(word);
  const joined = together && unitOf(together[2]);
  if (joined) return { ms: Number(together![1]) * joined, words: 1 };
  const unit = unitOf(words[at + 1]);
  if (unit !== undefined && /^\d+(?:\.\d+)?$/.test(word)) return { ms: Number(word) * unit, words: 2 };
  if (!told) return undefined;
  const counted = NUMBERS.get(word.toLowerCase());
  if (unit !== undefined && counted !== undefined) return { ms: counted * unit, words: 2 };
  const lasting = LASTING.get(word) ?? (word.length > 1 || word === '주' ? unitOf(word) : undefined);
  return lasting === undefined ? undefined : { ms: lasting, words: 1 };
}

/**
 * The span that begins with the word at `at`. `1시간 30분` and `1 hour 30 minutes` are one span: each unit is smaller
 * than the one before. Undefined where it is not between a second and 90 days.
 */
export function spanAt(
  words: readonly string[],
  at: number,
  told = false,
): (SpanFound & { ms: number }) | undefined {
  let ms = 0;
  let next = at;
  let least = Number.POSITIVE_INFINITY;
  for (;;) {
    const piece = pieceAt(words, next, told);
    if (!piece || piece.ms >= least) break;
    least = piece.ms;
    ms += piece.ms;
    next += piece.words;
    if (/^and$/i.test(words[next] ?? '') && pieceAt(words, next + 1, false)) next += 1;
  }
  return next > at && ms >= 1_000 && ms <= LONGEST ? { at, words: next - at, ms } : undefined;
}

/** The time that begins with the word at `at`, with all words that belong to it: `in the last hour`, `어제`. */
function timeAt(words: readonly string[], at: number): SpanFound | undefined {
  let start = at;
  while (BEFORE.test(words[start] ?? '')) start += 1;
  const day = bare(words[start] ?? '');
  if (start === at && TODAY.test(day)) return { at, words: 1, day: 'today' };
  if (start === at && YESTERDAY.test(day)) return { at, words: 1, day: 'yesterday' };
  const told = LAST.test(words[start] ?? '');
  if (start > at && !told) return undefined;
  if (!told && LASTING.has(day) && day === '지난주') return { at, words: 1, ms: 7 * DAY };
  const found = spanAt(words, told ? start + 1 : start, told);
  if (!found) return undefined;
  let end = found.at + found.words;
  if (AFTER.test(words[end] ?? '')) end += 1;
  return { at, words: end - at, ms: found.ms };
}

/**
 * The time that a command is about. In a search it may also be part of the words to look for: there it is the window only at the
 * beginning or the end of the words, and never if nothing else was typed. In other commands it may stand anywhere.
 */
export function windowIn(words: readonly string[], searching: boolean): SpanFound | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const found = timeAt(words, at);
    if (!found) continue;
    const alone = found.words === words.length;
    if (!searching || (!alone && (at === 0 || at + found.words === words.length))) return found;
  }
  return undefined;
}
