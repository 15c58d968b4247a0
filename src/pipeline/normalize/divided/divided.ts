import type { Level } from '../../../domain/log/record.ts';
import { DAY } from '../../../domain/time/units.ts';
import { isServiceName } from '../formats/service-name.ts';
import type { Header } from '../header-parts.ts';
import { levelOfSeverity, levelOfWord } from '../level.ts';
import { DIGIT, isAt, LETTER, runEnd } from '../lexicon/characters.ts';
import { before as endingAt, type Reference } from '../time/instant.ts';
import { timestampAt } from '../time/timestamp.ts';
import { type DividedTime, dividedTimeAt, timeBehindColumns } from './divided-time.ts';
import { isUsual, notePart, type Shape, type Shapes } from './shapes.ts';
import { closingOf, type Divider, isCapital, keyEnd, nextMark, skipPadding } from './signs.ts';

/** What the reader of a divided header needs besides the line. */
export interface Setting {
  zone: string;
  now: Reference;
  /** Undefined where nothing is learned of sources. */
  shapes: Shapes | undefined;
  source: string;
  /** Whether the time is closed as most times are, so that the line may also be read without columns. */
  usual: boolean;
}

/** Columns of a header, and characters of one. */
const MAX_PARTS = 10;
const WITHIN = 100;
const MAX_BEFORE = 6;
/** Columns behind a time among which a level is looked for. */
const NEAR = 4;
/** Names of levels that are hardly ever a name, in whatever case. */
const SURE = /^(?:trace|debug|info(?:rmation)?|warn(?:ing)?|err(?:or)?|fatal|critical)$/i;
/** Signs behind a time that divide columns also where no level shows it. */
const CLOSES_ALWAYS = '\t|';

/** One word of a column: a name, a number, an address. */
const WORD = /^[\p{L}\p{N}_#*$@/][\p{L}\p{N}\w.$:@/#()[\]+%-]{0,79}$/u;
const PLAIN_NAME = /^(?:[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){0,4}|[가-힣][가-힣\w-]*)$/;
const LOCATION = /\.[a-z]{1,4}:\d{1,6}$/;
const THREAD = /^(?:main|.{0,40}(?:thread|worker|exec|pool)[-_#]?\d{0,6}(?:[-_]\d{1,6})?)$/i;
/** Only whether a part is a time is asked, not which. */
const NEVER = endingAt(0);
/** Short names of levels that only a column of its own shows. */
const SHORT_LEVELS: Record<string, Level> = { C: 'fatal', N: 'info', A: 'warn', CRT: 'fatal', ALM: 'error' };

/**
 * The header of a line whose parts are divided by any sign. The line itself shows the sign: it closes the time. Other columns
 * may be before the time. A date with its clock is surely a time; an epoch or a clock alone is one when a level is beside it, or
 * when nearly all lines of the source have the same form.
 * @returns where the header ends, -1 when there is none; `header.done` where the message begins there
 */
export function dividedHeader(text: string, at: number, header: Header, setting: Setting): number {
  const { zone, now, shapes, source, usual } = setting;
  const { used, order } = now;
  let time: (DividedTime & { before?: string }) | undefined = dividedTimeAt(text, at, zone, now);
  time ??= timeBehindColumns(text, at, zone, now);
  const before = time && columnsBefore(text, at, time);
  if (!time || !before || (!time.divider && time.end >= text.length && before.length < 2)) {
    shapes?.count(source, undefined);
    return forget(now, used, order);
  }
  const form = `${time.divider?.mark ?? ''} ${before.length} ${time.whole ? 'date' : 'other'} ${time.opened}`;
  const words = before.every((part) => WORD.test(part) || part === '');
  const beside = hasLevel(text, time, before);
  // A date behind a name or other columns may be about anything, and one that is still to come is.
  const alone =
    time.whole &&
    !time.keyed &&
    words &&
    (before.length === 0 || (time.ms <= now.present() + DAY && !isProse(text, time)));
  if (usual && !beside && !CLOSES_ALWAYS.includes(time.divider?.mark[0] ?? ''))
    return forget(now, used, order);
  const sure = alone || beside;
  const shape = sure ? shapes?.of(source, form) : shapes?.count(source, form);
  if (!sure && !(words && isUsual(shape))) return forget(now, used, order);
  header.timestamp ??= time.ms;
  if (time.end >= text.length) return lastColumn(text, at, time, header, before);
  for (const [index, part] of before.entries()) {
    if (shape) notePart(shape, index, part, true);
    takePart(part, header, shape?.severity === index);
  }
  if (before.length > 0) {
    const mark = time.divider?.mark ?? time.before!;
    header.columns = text.slice(at, paddingStart(text, time.start) - mark.length).trim();
  }
  return time.divider
    ? dividedParts(text, time.divider, header, { shape, first: before.length, usual })
    : enclosedParts(text, time.end, header);
}

/** Whether the sign behind a time is as in a sentence: `ready, 2026-11-30 10:00:00, again`. */
const isProse = (text: string, { end, divider }: DividedTime): boolean =>
  (divider === undefined || ',;:-'.includes(divider.mark)) && text.charCodeAt(end + 1) === 32;

/** Where the spaces before `at` begin; a tab may be the divider. */
function paddingStart(text: string, at: number): number {
  let start = at;
  while (text.charCodeAt(start - 1) === 32) start--;
  return start;
}

/** Nothing was found: what was read for it has shown nothing. */
function forget(now: Reference, used: Reference['used'], order: Reference['order']): -1 {
  now.used = used;
  now.order = order;
  return -1;
}

/** The parts before a time; undefined when there are too many. */
function columnsBefore(
  text: string,
  at: number,
  { start, before, divider }: DividedTime & { before?: string },
): string[] | undefined {
  if (before === undefined || start === at) return [];
  const mark = divider?.mark ?? before;
  const head = text.slice(at, paddingStart(text, start));
  if (!head.endsWith(mark)) return undefined;
  const parts = head.slice(0, -mark.length).split(divider?.spaced ? ` ${mark} ` : mark, MAX_BEFORE + 1);
  return parts.length > MAX_BEFORE ? undefined : parts.map((part) => bare(part));
}

/** Whether one of the columns near the time is surely a level. */
function hasLevel(text: string, { divider }: DividedTime, before: readonly string[]): boolean {
  if (before.some(isSureLevel)) return true;
  if (!divider) return false;
  let at = divider.next;
  for (let parts = 0; parts < NEAR; parts++) {
    const end = nextMark(text, at, divider, WITHIN);
    if (end < 0) return false;
    const part = bare(text.slice(at, end));
    if (isSureLevel(part)) return true;
    // A sentence has begun.
    if (part !== '' && !WORD.test(part)) return false;
    at = skipPadding(text, end + divider.mark.length);
  }
  return false;
}

/** A word that can be nothing but a level where it stands alone: in capitals, in another script, or one of the usual ones. */
const isSureLevel = (part: string): boolean =>
  levelOfWord(part) !== undefined && (isCapital(part) || !isAt(part, 0, LETTER) || SURE.test(part));

/** A part without the spaces, quotes or brackets around it, and without the name of its column. */
function bare(part: string): string {
  let text = part.trim();
  text = text.slice(keyEnd(text, 0) === text.length ? 0 : keyEnd(text, 0));
  const closing = closingOf(text.charCodeAt(0));
  return closing !== undefined && text.length > 1 && text.charCodeAt(text.length - 1) === closing
    ? text.slice(1, -1).trim()
    : text;
}

/** The parts behind a divider: the message begins at the first that is none of a header. */
function dividedParts(
  text: string,
  divider: Divider,
  header: Header,
  { shape, first, usual }: { shape: Shape | undefined; first: number; usual: boolean },
): number {
  let at = divider.next;
  let reading = true;
  for (let from = at, index = first; index < first + MAX_PARTS; index++) {
    const end = partEnd(text, from, divider);
    const part = bare(text.slice(from, end < 0 ? Math.min(text.length, from + WITHIN) : end));
    if (shape) notePart(shape, index, part, end >= 0);
    if (end < 0) break;
    const next = skipPadding(text, end + divider.mark.length);
    if (reading) reading = belongs(part, shape, index) && !isAllPairs(text, from, divider);
    // An object behind the message belongs to it.
    if (text.charCodeAt(next) === 123 && !part.startsWith('{')) break;
    from = next;
    if (!reading) {
      if (!shape) break;
      continue;
    }
    takePart(part, header, shape?.severity === index);
    at = next;
    // The name before a place in the source is that of a part of the program.
    if (LOCATION.test(part)) {
      header.named = undefined;
      reading = false;
    }
  }
  if ((usual && at === divider.next) || at >= text.length) return -1;
  header.done = true;
  if (!header.level) at = levelBeforeMessage(text, at, header);
  return unquoted(text, at, header);
}

/** Where a part ends, which may be quoted and hold the divider; -1 when it is the last. */
function partEnd(text: string, from: number, divider: Divider): number {
  if (text.charCodeAt(from) === 34) {
    const quote = text.indexOf('"', from + 1);
    if (quote > 0 && quote - from <= WITHIN && text.startsWith(divider.mark, skipPadding(text, quote + 1)))
      return skipPadding(text, quote + 1);
  }
  return nextMark(text, from, divider, WITHIN);
}

/** Whether a part belongs to the header: by what is known of its column, else by its form. */
function belongs(part: string, shape: Shape | undefined, index: number): boolean {
  if (part === '' || part === '-') return true;
  if (shape?.message !== undefined) return index < shape.message;
  return WORD.test(part);
}

/** Whether what is left of the line is names with values: they say themselves what they are. */
function isAllPairs(text: string, from: number, divider: Divider): boolean {
  const key = keyEnd(text, from);
  // Where a colon or an equals sign divides, it ends no key.
  if (key === from || divider.mark.includes(text[key - 1]!)) return false;
  if (levelOfWord(bare(text.slice(from, nextMark(text, from, divider, WITHIN))))) return false;
  const last = skipPadding(text, text.lastIndexOf(divider.mark) + divider.mark.length);
  const lastKey = keyEnd(text, last);
  return last > from && lastKey > last && text[lastKey - 1] === text[key - 1];
}

/** A level at the beginning of the message, with nothing but a space behind it: `…Z/W door jammed`. */
function levelBeforeMessage(text: string, at: number, header: Header): number {
  const end = runEnd(text, at, LETTER);
  const word = text.slice(at, end);
  if (end - at > 13 || !isCapital(word) || text.charCodeAt(end) !== 32) return at;
  header.level = levelOfWord(word);
  return header.level ? skipPadding(text, end) : at;
}

/** The message without quotes around it. */
function unquoted(text: string, at: number, header: Header): number {
  if (text.charCodeAt(at) !== 34 || text.indexOf('"', at + 1) !== text.trimEnd().length - 1) return at;
  header.end = text.trimEnd().length - 1;
  return at + 1;
}

/** The time is the last column: the message is the one before it. */
function lastColumn(
  text: string,
  at: number,
  time: DividedTime & { before?: string },
  header: Header,
  before: readonly string[],
): number {
  for (const part of before.slice(0, -1)) takePart(part, header, false);
  const mark = time.before!;
  header.end = text.lastIndexOf(mark, time.start - 1);
  header.done = true;
  return Math.max(at, skipPadding(text, text.lastIndexOf(mark, header.end - 1) + 1));
}

/** Parts that nothing divides but what encloses each of them: `{2026-…} {W} {tray-4} door jammed`. */
function enclosedParts(text: string, from: number, header: Header): number {
  let at = from;
  for (let parts = 0; parts < MAX_PARTS; parts++) {
    const start = skipPadding(text, at);
    const closing = closingOf(text.charCodeAt(start));
    if (closing === undefined) break;
    const end = text.indexOf(String.fromCharCode(closing), start + 1);
    if (end < 0 || end - start > WITHIN || end + 1 >= text.length) break;
    const part = text.slice(start + 1, end).trim();
    if (!WORD.test(part)) break;
    takePart(part, header, false);
    at = end + 1;
  }
  return skipPadding(text, at);
}

/** Takes what a part says: a level, a number, a name. */
function takePart(part: string, header: Header, isSeverity: boolean): void {
  if (part === '' || part === '-') return;
  if (!header.level) {
    const level = isSeverity ? levelOfSeverity(Number(part)) : (levelOfWord(part) ?? SHORT_LEVELS[part]);
    if (level) {
      header.level = level;
      return;
    }
  }
  if (runEnd(part, 0, DIGIT) === part.length) {
    // A time in digits beside the other one is no process.
    if (part.length < 10) header.pid ??= part;
  } else if (THREAD.test(part)) header.thread ??= part;
  else if (!isAt(part, 0, DIGIT) || !timestampAt(part, 0, 'UTC', NEVER)) {
    header.logger ??= part;
    if (part.length <= 40 && PLAIN_NAME.test(part) && isServiceName(part)) header.named ??= part;
  }
}
