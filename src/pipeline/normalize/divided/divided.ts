import type { Level } from '../../../domain/log/record.ts';
import { DAY } from '../../../domain/time/units.ts';
import { isServiceName } from '../formats/service-name.ts';
import type { Header } from '../header-parts.ts';
import { levelOfMessage, levelOfSeverity, levelOfWord } from '../level.ts';
import { DIGIT, isAt, LETTER, runEnd } from '../lexicon/characters.ts';
import { before as endingAt, type Reference } from '../time/instant.ts';
import { timestampAt } from '../time/timestamp.ts';
import { type DividedTime, dividedTimeAt, timeBehindColumns } from './divided-time.ts';
import { levelBeside, levelInColumn, sureLevel } from './levels.ts';
import { isLevelColumn, isUsual, notePart, type Shape, type Shapes } from './shapes.ts';
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
/** Signs behind a time that divide columns also where no level shows it. */
const CLOSES_ALWAYS = '\t|';

/** One word of a column: a name, a number, an address. */
const WORD = /^[\p{L}\p{N}_#*$@/][\p{L}\p{N}\w.$:@/#()[\]+%-]{0,79}$/u;
const PLAIN_NAME = /^(?:[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*){0,4}|[가-힣][가-힣\w-]*)$/;
const LOCATION = /\.[a-z]{1,4}:\d{1,6}$/;
const THREAD = /^(?:main|.{0,40}(?:thread|worker|exec|pool)[-_#]?\d{0,6}(?:[-_]\d{1,6})?)$/i;
/** Only whether a part is a time is asked, not which. */
const NEVER = endingAt(0);
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
  const behind = time.divider ? partsBehind(text, time.divider) : enclosedBehind(text, time.end);
  const isBeside = levelAmong(before, time.divider ? behind.parts : [], undefined) !== undefined;
  // A date behind a name or other columns may be about anything, and one that is still to come is.
  const alone =
    time.whole &&
    !time.keyed &&
    words &&
    (before.length === 0 || (time.ms <= now.present() + DAY && !isProse(text, time)));
  const sure = alone || isBeside;
  const timed = sure || isNow(time.ms, now);
  const shape = sure
    ? shapes?.of(source, form, time.ms)
    : shapes?.count(source, timed ? form : undefined, time.ms);
  if (timed && shape?.form === form) noteParts(shape, before, behind);
  if (!sure && !(timed && words && isUsual(shape, form))) return forget(now, used, order);
  const near = usual && !time.divider ? [] : behind.parts;
  const found = header.level ? { index: -1, level: header.level } : levelAmong(before, near, shape);
  if (usual && !found && !CLOSES_ALWAYS.includes(time.divider?.mark[0] ?? ''))
    return forget(now, used, order);
  const names = { shape, first: before.length, usual, level: found?.index };
  header.timestamp ??= time.ms;
  header.level = found?.level;
  if (time.end >= text.length) return lastColumn(text, at, time, header, { before, level: names.level });
  for (const [index, part] of before.entries()) if (index !== names.level) takePart(part, header);
  if (before.length > 0) {
    const mark = time.divider?.mark ?? time.before!;
    header.columns = text.slice(at, paddingStart(text, time.start) - mark.length).trim();
  }
  return time.divider
    ? dividedParts(text, time.divider, header, behind, names)
    : enclosedParts(text, time.end, header, behind, names);
}

/** Whether what may be a time is one of lines that come now: many numbers have the form of one. */
const isNow = (ms: number, now: Reference): boolean =>
  now.side === 'arrived' ? Math.abs(ms - now.ms) <= DAY : ms <= now.present() + DAY;

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

/** The first of the columns near the time that is a level, and which column it is. */
function levelAmong(
  before: readonly string[],
  behind: readonly Part[],
  shape: Shape | undefined,
): { index: number; level: Level } | undefined {
  const first = before.length;
  for (let index = 0; index < first + NEAR && index < first + behind.length; index++) {
    const part = before[index] ?? behind[index - first]!.text;
    const level = levelOfPart(part, shape, index, index === first || index === first - 1);
    if (level) return { index, level };
    // A sentence has begun.
    const isLabel = shape?.message !== undefined && index < shape.message;
    if (index >= first && part !== '' && !isLabel && !WORD.test(part)) return undefined;
  }
  return undefined;
}

/** The level that a part is, by its form, by what is known of its column, or as a letter directly beside the time. */
function levelOfPart(
  part: string,
  shape: Shape | undefined,
  index: number,
  isBeside: boolean,
): Level | undefined {
  if (part === '') return undefined;
  if (shape?.severity === index) return levelOfSeverity(Number(part));
  const sure = sureLevel(part);
  if (sure) return sure;
  const ofLevels = isLevelColumn(shape?.columns[index]);
  if (ofLevels) return levelInColumn(part);
  return ofLevels === undefined && isBeside ? levelBeside(part) : undefined;
}

/** A part without the spaces, quotes or brackets around it, and without the name of its column. */
function bare(part: string): string {
  let text = part.trim();
  text = text.slice(keyEnd(text, 0) === text.length ? 0 : keyEnd(text, 0));
  const closing = closingOf(text.charCodeAt(0));
  return closing !== undefined && text.length > 1 && text.charCodeAt(text.length - 1) === closing
    ? text.slice(1, -1).trim()
    : text;
}

/** A column: what it says, where it begins, and where the next one does. */
interface Part {
  text: string;
  start: number;
  next: number;
}

/** The columns behind a time, and the beginning of the last one, which nothing closes. */
interface Parts {
  parts: readonly Part[];
  last: string | undefined;
}

function partsBehind(text: string, divider: Divider): Parts {
  const parts: Part[] = [];
  let start = divider.next;
  while (parts.length < MAX_PARTS) {
    const end = partEnd(text, start, divider);
    const part = bare(text.slice(start, end < 0 ? Math.min(text.length, start + WITHIN) : end));
    if (end < 0) return { parts, last: part };
    const next = skipPadding(text, end + divider.mark.length);
    // An object behind the message belongs to it.
    if (text.charCodeAt(next) === 123 && !part.startsWith('{')) return { parts, last: part };
    parts.push({ text: part, start, next });
    start = next;
  }
  return { parts, last: undefined };
}

function noteParts(shape: Shape, before: readonly string[], { parts, last }: Parts): void {
  let index = 0;
  for (const part of before) notePart(shape, index++, part, true);
  for (const part of parts) notePart(shape, index++, part.text, true);
  if (last !== undefined) notePart(shape, index, last, false);
}

/** What decides how many parts belong to a header. */
interface Names {
  shape: Shape | undefined;
  /** The number of columns before the time. */
  first: number;
  /** The column of the level. */
  level: number | undefined;
  usual: boolean;
}

/** The parts behind a divider: the message begins at the first that is none of a header. */
function dividedParts(
  text: string,
  divider: Divider,
  header: Header,
  { parts, last }: Parts,
  names: Names,
): number {
  const pairs = parts.findIndex(({ start }) => isAllPairs(text, start, divider));
  const count = headerLength(pairs < 0 ? parts : parts.slice(0, pairs), last, names);
  let at = count > 0 ? parts[count - 1]!.next : divider.next;
  // Columns that may all be the message are not for the readers of other headers, which know bars.
  const isColumn = pairs !== 0 && parts.length > 0 && WORD.test(parts[0]!.text);
  if ((names.usual && count === 0 && !isColumn) || at >= text.length) return -1;
  takeParts(parts.slice(0, count), header, names, divider.mark);
  header.done = true;
  if (!header.level) at = levelBeforeMessage(text, at, header, count === 0);
  return unquoted(text, at, header);
}

/**
 * How many parts belong to the header. Without a level it is at most one name, and with one what is before the level and one
 * name behind it, until the lines of the source have shown where the message begins: the rest may be the message, in columns.
 * @param last what follows the parts
 */
function headerLength(
  parts: readonly Part[],
  last: string | undefined,
  { shape, first, level }: Names,
): number {
  const message = shape?.message;
  let names = level === undefined ? first : 0;
  let numbers = 0;
  for (const [at, { text }] of parts.entries()) {
    const index = first + at;
    if (text === '' || text === '-') continue;
    if (message === undefined ? !WORD.test(text) : index >= message) return at;
    // The name before a place in the source is that of a part of the program.
    if (LOCATION.test(text)) return at + 1;
    if (THREAD.test(text)) continue;
    if (level !== undefined && (index <= level || message !== undefined)) continue;
    if (isNumber(text)) {
      // A process is before the message; a number before another word is one of its columns.
      if (numbers++ > 0 || WORD.test(parts[at + 1]?.text ?? last ?? '')) return at;
    } else if (names++ > 0 || (level === undefined && levelOfMessage(text) !== 'info')) return at;
  }
  return parts.length;
}

const isNumber = (part: string): boolean => runEnd(part, 0, DIGIT) === part.length;

/** Takes what the parts of a header say; what has no place of its own is kept among the columns. */
function takeParts(parts: readonly Part[], header: Header, { first, level }: Names, mark: string): void {
  const others = header.columns ? [header.columns] : [];
  for (const [at, { text }] of parts.entries()) {
    if (first + at === level || text === '' || text === '-') continue;
    const isPlace = LOCATION.test(text);
    if (!takePart(text, header)) others.push(text);
    if (isPlace) header.named = undefined;
  }
  if (others.length > 0) header.columns = others.join(mark);
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

/**
 * A level at the beginning of the message, with nothing but a space behind it: `…Z/W door jammed`.
 * @param isBeside directly behind the time, where also a letter is one
 */
function levelBeforeMessage(text: string, at: number, header: Header, isBeside: boolean): number {
  const end = runEnd(text, at, LETTER);
  const word = text.slice(at, end);
  if (end - at > 13 || !isCapital(word) || text.charCodeAt(end) !== 32) return at;
  header.level = sureLevel(word) ?? (isBeside ? levelBeside(word) : undefined);
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
  { before, level }: { before: readonly string[]; level: number | undefined },
): number {
  const mark = time.before!;
  header.end = text.lastIndexOf(mark, time.start - 1);
  header.done = true;
  // Without a level the columns before the last one may be the message as well.
  if (level === undefined) return at;
  for (const [index, part] of before.slice(0, -1).entries()) if (index !== level) takePart(part, header);
  const end = text.lastIndexOf(mark, header.end - 1);
  if (end > at) header.columns = text.slice(at, end).trim();
  return Math.max(at, skipPadding(text, end + 1));
}

/** Parts that nothing divides but what encloses each of them: `{2026-…} {W} {tray-4} door jammed`. */
function enclosedBehind(text: string, from: number): Parts {
  const parts: Part[] = [];
  let at = from;
  while (parts.length < MAX_PARTS) {
    const start = skipPadding(text, at);
    const closing = closingOf(text.charCodeAt(start));
    if (closing === undefined) break;
    const end = text.indexOf(String.fromCharCode(closing), start + 1);
    if (end < 0 || end - start > WITHIN || end + 1 >= text.length) break;
    const part = text.slice(start + 1, end).trim();
    if (!WORD.test(part)) break;
    at = end + 1;
    parts.push({ text: part, start, next: at });
  }
  return { parts, last: undefined };
}

function enclosedParts(
  text: string,
  from: number,
  header: Header,
  { parts, last }: Parts,
  names: Names,
): number {
  const count = headerLength(parts, last, names);
  takeParts(parts.slice(0, count), header, names, ' ');
  return skipPadding(text, count > 0 ? parts[count - 1]!.next : from);
}

/** Takes what a part says: a number, a thread, a name. Gives false when nothing is left for it. */
function takePart(part: string, header: Header): boolean {
  if (isNumber(part)) {
    // A time in digits beside the other one is no process.
    if (part === '' || part.length >= 10 || header.pid !== undefined) return false;
    header.pid = part;
    return true;
  }
  if (THREAD.test(part)) {
    if (header.thread !== undefined) return false;
    header.thread = part;
    return true;
  }
  if (part === '-' || (isAt(part, 0, DIGIT) && timestampAt(part, 0, 'UTC', NEVER))) return false;
  const isFirst = header.logger === undefined;
  header.logger ??= part;
  if (header.named !== undefined || part.length > 40 || !PLAIN_NAME.test(part) || !isServiceName(part))
    return isFirst;
  header.named = part;
  return true;
}
