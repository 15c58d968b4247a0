import type { MarkedTime } from '../../../analysis/queries/marks.ts';
import { HOUR } from '../../../domain/time/units.ts';
import { Cursor, type Moment, momentAt, type NamedDay } from './moment.ts';
import { spanAt } from './span.ts';

/** A time that a question is about. */
export type When =
  | { kind: 'last'; ms: number }
  | { kind: 'at'; at: Moment; about?: true }
  | { kind: 'range'; from?: Moment; to?: Moment }
  | { kind: 'mark'; mark: Mark; side: MarkedTime['side'] };

/** A time and the part of the text that names it. */
export interface WhenFound {
  start: number;
  end: number;
  when: When;
}

const SINCE = /(?:ever\s+)?(?:since|after|from|starting(?:\s+at)?)\s+/y;
const UNTIL = /(?:until|till|up to|before|by)\s+/y;
const ABOUT = /(?:(?:at|on)\s+)?(?:around|about|near)\s+/y;
const AT = /(?:(?:at|on|in|during|for|of)\s+(?:the\s+)?)?/y;
const TO = /\s*(?:to|until|till|and|through|[-–~]|부터|에서|과|와)\s*/y;
const KO_RANGE_END = /\s*(?:까지|사이(?:에)?)/y;
const KO_SINCE =
  /\s*(?:부터|이후(?:로|에)?|(?<=[시분초일제늘침녁밤])\s*(?:후|뒤)(?:에|로|부터)?)(?:도|만|는)?(?![가-힣])/y;
const KO_UNTIL = /\s*(?:까지|이전(?:에)?|전(?:에|까지)?)(?:도|만|는)?(?![가-힣])/y;
// `오늘 경고` is no time of today.
const KO_ABOUT = /\s*(?:쯤|경(?!고|보|[가-힣]{3})|무렵|즈음)(?:에|부터)?/y;
const KO_AT = /(?:에는|에도|에만|에|의|은|는|엔|도|만|동안|자)?(?![가-힣])/y;

type Mark = MarkedTime['mark'];
const MARK_WORDS =
  '(deploy(?:ment)?|release|rollout|restart|reboot|incident|outage|배포|릴리스|재시작|재기동|장애)';
const MARK_SINCE = new RegExp(
  `(?:since|after)\\s+(?:the\\s+)?(?:last\\s+|latest\\s+)?${MARK_WORDS}(?:ed)?(?![a-z])`,
  'y',
);
const MARK_BEFORE = new RegExp(`before\\s+(?:the\\s+)?(?:last\\s+)?${MARK_WORDS}(?![a-z])`, 'y');
const KO_MARK = new RegExp(
  `${MARK_WORDS}(?:\\s*(?:하고|되고|한|하기|되기|된|나고|난))?\\s*(이후|후|뒤|다음|나서|이전|전)(?:로|에|부터)?(?:도|만|는)?(?![가-힣])`,
  'y',
);
const MARKS: [RegExp, Mark][] = [
  [/^(?:restart|reboot|재)/, 'restart'],
  [/^(?:incident|outage|장애)/, 'incident'],
];
const markOf = (word: string): Mark => MARKS.find(([form]) => form.test(word))?.[1] ?? 'deploy';

function markAt(cursor: Cursor): When | undefined {
  const since = cursor.take(MARK_SINCE);
  if (since) return { kind: 'mark', mark: markOf(since[1]!), side: 'since' };
  const before = cursor.take(MARK_BEFORE);
  if (before) return { kind: 'mark', mark: markOf(before[1]!), side: 'before' };
  const korean = cursor.take(KO_MARK);
  if (!korean) return undefined;
  return { kind: 'mark', mark: markOf(korean[1]!), side: /전$/.test(korean[2]!) ? 'before' : 'since' };
}

/** Two points: `between 2 and 3 pm`, `from 13:20 to 13:40`, `2시부터 3시까지`. */
function rangeAt(text: string, at: number): WhenFound | undefined {
  const cursor = new Cursor(text, at);
  const day = dayBefore(cursor);
  const told =
    cursor.take(
      /(?:(?:in|during|for)\s+the\s+(?:hours?|time|window|period)\s+)?(?:between|from)\s+(?:the\s+)?/y,
    ) !== undefined;
  const first = momentAt(text, cursor.at);
  if (first) cursor.at = first.end;
  // Of `2 and 3 pm` the first is a bare number; it is in the same half of the day.
  const bare = !first && told ? cursor.take(/(\d{1,2})(?=\s*(?:and|to|-|–|~)\s*\d)/y) : undefined;
  if ((!first && !bare) || !cursor.take(TO)) return undefined;
  cursor.take(/(?:the\s+)?/y);
  const second = momentAt(text, cursor.at) ?? (bare && bareMoment(cursor));
  if (!second) return undefined;
  cursor.at = second.end;
  cursor.take(KO_RANGE_END);
  cursor.take(KO_AT);
  const from = first?.moment ?? bareHour(Number(bare![1]), second.moment);
  return {
    start: at,
    end: cursor.at,
    when: { kind: 'range', ...onSameDay(inSameHalf(from, second.moment), day) },
  };
}

/** The second hour of `between 10 and 11 this morning`, `from 2 to 4 yesterday`; a bare number only at the end of the text. */
function bareMoment({ text, at }: Cursor): { moment: Moment; end: number } | undefined {
  const cursor = new Cursor(text, at);
  const hour = cursor.take(/(\d{1,2})(?=\s|[?.!,]|$)(?!\.\d)/y);
  if (!hour || Number(hour[1]) > 24) return undefined;
  const number = Number(hour[1]);
  const end = cursor.at;
  cursor.take(/[\s,]+(?:on\s+)?/y);
  const behind = momentAt(text, cursor.at);
  if (!behind && !/^[\s?.!,]*$/.test(text.slice(end))) return undefined;
  const { day, clock: part, length } = behind?.moment ?? { length: 0 };
  if (behind && (behind.moment.ago !== undefined || (part !== undefined && length <= HOUR))) return undefined;
  const isLate = part !== undefined && part >= 12 * HOUR && number < 12;
  const moment: Moment = {
    ...(day ? { day } : {}),
    clock: (isLate ? number + 12 : number) * HOUR,
    length: HOUR,
    ...(part === undefined && number >= 1 && number <= 11
      ? { loose: true as const, spoken: true as const }
      : {}),
  };
  return { moment, end: behind?.end ?? end };
}

/** `yesterday between …`: a day alone, with a range of clocks behind it. */
function dayBefore(cursor: Cursor): NamedDay | undefined {
  const begin = cursor.at;
  cursor.take(/on\s+/y);
  const found = momentAt(cursor.text, cursor.at);
  if (found?.moment.day && found.moment.clock === undefined) {
    cursor.at = found.end;
    if (cursor.take(/[\s,]*(?=(?:between|from)\s)/y)) return found.moment.day;
  }
  cursor.at = begin;
  return undefined;
}

/** Both points are on the day that is named for one of them, or for both. */
function onSameDay(
  { from, to }: { from: Moment; to: Moment },
  named?: NamedDay,
): { from: Moment; to: Moment } {
  if (from.day || from.clock === undefined || to.clock === undefined) return { from, to };
  const day = named ?? to.day;
  return day ? { from: { ...from, day }, to: { ...to, day: to.day ?? day } } : { from, to };
}

function bareHour(hour: number, other: Moment): Moment {
  const { day, loose } = other;
  const pm =
    !loose && (other.clock ?? 0) >= 12 * HOUR && hour < 12 && hour * HOUR + 12 * HOUR <= (other.clock ?? 0);
  return {
    ...(day ? { day } : {}),
    clock: (hour + (pm ? 12 : 0)) * HOUR,
    length: HOUR,
    ...(loose ? { loose, spoken: true as const } : {}),
  };
}

/** `2:10 to 2:40 pm`, `오후 2시부터 3시까지`: where one names the half of the day, the other is in the same. */
function inSameHalf(from: Moment, to: Moment): { from: Moment; to: Moment } {
  if (from.clock === undefined || to.clock === undefined || from.loose === to.loose) return { from, to };
  const { loose: _, ...exact } = from.loose ? from : to;
  const later = exact.clock! + 12 * HOUR;
  if (from.loose)
    return { from: to.clock >= 12 * HOUR && later <= to.clock ? { ...exact, clock: later } : exact, to };
  return { from, to: to.clock < from.clock && later > from.clock ? { ...exact, clock: later } : exact };
}

const isLong = ({ length, ago }: Moment): boolean => ago === undefined && length > HOUR;

/** The time that begins at a position of the text, with the words that belong to it. */
function whenAt(text: string, at: number): WhenFound | undefined {
  const cursor = new Cursor(text, at);
  const mark = markAt(cursor);
  if (mark) return { start: at, end: cursor.at, when: mark };
  const range = rangeAt(text, at);
  if (range) return range;
  const isFrom = text.startsWith('from ', at);
  const side = cursor.take(SINCE)
    ? 'from'
    : cursor.take(UNTIL)
      ? 'to'
      : cursor.take(ABOUT)
        ? 'about'
        : undefined;
  if (side) cursor.take(/(?:the\s+)?(?:around\s+|about\s+)?/y);
  else cursor.take(AT);
  const found = momentAt(text, cursor.at);
  if (!found) return undefined;
  cursor.at = found.end;
  const { moment } = found;
  const end = (when: When): WhenFound => ({ start: at, end: cursor.at, when });
  const about = cursor.take(KO_ABOUT) !== undefined || side === 'about';
  // `errors from this morning` are those of the morning; `from 9:00` they are since then.
  const since = side === 'from' && !(isFrom && isLong(moment));
  if (since || cursor.take(KO_SINCE)) return end({ kind: 'range', from: moment });
  if (side === 'to' || (moment.ago === undefined && cursor.take(KO_UNTIL)))
    return end({ kind: 'range', to: moment });
  cursor.take(KO_AT);
  return end({ kind: 'at', at: moment, ...(about ? { about: true as const } : {}) });
}

/** `in the last hour`, `지난 2시간 동안`; a bare `30m` only as the first or the last word, so that no duration is meant. */
function lastAt(text: string, at: number): WhenFound | undefined {
  const rest = text.slice(at);
  const led = /^(?:(?:in|for|over|during|within)\s+)?(?:the\s+)?(last|past|지난|최근)\s*/.exec(rest);
  const parts = [...rest.slice(led?.[0].length ?? 0).matchAll(/\S+/g)].slice(0, 6);
  const words = parts.map(([word], index) =>
    index === 0 || /\d|시간|분/.test(word)
      ? word.replace(/(?<=[초분간일주])(?:동안|간|이내)?(?:의|에|에는)?$/, '')
      : word,
  );
  const found = spanAt(words, 0, led !== null);
  if (!found) return undefined;
  const last = parts[found.words - 1]!;
  let end = at + (led?.[0].length ?? 0) + last.index + last[0].replace(/[?!.,]+$/, '').length;
  const behind = /^\s*(?:동안|간|이내)(?:의|에|에는)?/.exec(text.slice(end));
  if (behind) end += behind[0].length;
  // `404s` are no seconds.
  const seconds = /^\d+\s?s\b/.test(words[0]!);
  const alone = /^[\s?!.,]*$/.test(text.slice(end)) || at === 0;
  const compared =
    /(?:than|over|above|under|below|least|most)\s*$/.test(text.slice(0, at)) ||
    /^\s*(?:이상|이하|넘|보다|초과)/.test(text.slice(end));
  if (!led && !behind && (!alone || compared || seconds)) return undefined;
  return { start: at, end, when: { kind: 'last', ms: found.ms } };
}

/**
 * The first time that a text names, in English or Korean: a clock, a day, a stretch between two of them, a length back from now,
 * or `since the deploy`. `text` is in lower case.
 */
export function whenIn(text: string): WhenFound | undefined {
  for (const { index } of text.matchAll(/(?<![\p{L}\p{N}_./:-])[\p{L}\p{N}]/gu)) {
    const found = whenAt(text, index) ?? lastAt(text, index);
    if (found) return found;
  }
  return undefined;
}
