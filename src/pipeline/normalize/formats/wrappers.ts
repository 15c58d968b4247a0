import { levelOfWord } from '../level.ts';
import { DIGIT, isAt, LETTER, NAME, runEnd, SLASH, SPACE } from '../lexicon/characters.ts';
import { isServiceName, nameOfContainer } from './service-name.ts';

// What runs a program writes something before (or around) each line that the program printed. A wrapper is told by its form.

/** A line and what is around it. */
export interface Wrapped {
  /** Lines of different streams do not belong together. */
  stream: string;
  /** What the program printed. */
  inner: string;
  /** The line goes on in the next one of its stream. */
  partial: boolean;
  /** `time`: there is but a time around it, which programs write themselves, too. */
  kind: 'name' | 'time' | 'output' | 'program' | 'object';
  /** The service that a wrapper of kind `name` gives. */
  service?: string;
  host?: string;
  /** The key that holds the inner line in a wrapper of kind `object`. */
  key?: string;
}

/** Longest name before a line. */
const MAX_NAME = 120;
/** A container runtime cuts lines of this many bytes. */
const CUT_BYTES = 16_000;

/** What is around a line; undefined where nothing is. */
const unwrap = (text: string): Wrapped | undefined => unwrapUnless(text, () => true);

/**
 * The same, without a time alone around what cannot be of interest by its first character: lines with nothing but a time before
 * them are most lines.
 */
export function unwrapUnless(
  text: string,
  isOfInterest: (text: string, at: number) => boolean,
): Wrapped | undefined {
  const first = text.charCodeAt(0);
  if (first === 123) return unwrapObject(text);
  if (first === 91) return text.startsWith('[pod/') ? unwrapPod(text) : undefined;
  if (first < 48 || first > 57) return unwrapNamed(text) ?? unwrapSyslog(text);
  const start = behindTime(text);
  if (start < 0) return unwrapNumbered(text);
  return (
    unwrapOutput(text, start) ??
    unwrapProgram(text, start) ??
    (isOfInterest(text, start)
      ? { stream: '', inner: text.slice(start), partial: false, kind: 'time' }
      : undefined)
  );
}

/** Only names that are before a line of another form: their absence is found in the first characters. */
export function unwrapNamed(text: string): Wrapped | undefined {
  if (!isAt(text, 0, LETTER)) {
    if (text.charCodeAt(0) === 91) return text.startsWith('[pod/') ? unwrapPod(text) : undefined;
    return isAt(text, 0, DIGIT) ? unwrapNumbered(text) : undefined;
  }
  const end = runEnd(text, 0, NAME);
  if (end < 2 || end > MAX_NAME || !isAt(text, end, SPACE)) return undefined;
  const bar = runEnd(text, end, SPACE);
  if (text.charCodeAt(bar) === 124) return unwrapBarred(text, end, bar);
  // A pod's name ends in a random part.
  return bar === end + 1 && isAt(text, end - 1, LETTER | DIGIT) && text.lastIndexOf('-', end) > 0
    ? unwrapPodColumn(text, end)
    : undefined;
}

/** `0|api  | …`, `06:00:00 web.1  | …`: a number or a clock, a name and a bar, as managers of processes write them. */
const NUMBERED_BAR = /(?:\d{1,3}\||\d\d:\d\d:\d\d )([A-Za-z][\w.-]{0,62}?)(?:[.-]\d{1,3})?\s{1,40}\| ?/y;
function unwrapNumbered(text: string): Wrapped | undefined {
  const second = text.charCodeAt(1);
  const third = text.charCodeAt(2);
  if (second !== 124 && third !== 124 && (third !== 58 || text.charCodeAt(8) !== 32)) return undefined;
  NUMBERED_BAR.lastIndex = 0;
  const match = NUMBERED_BAR.exec(text);
  if (!match || !isServiceName(match[1]!)) return undefined;
  const inner = text.slice(match[0].length);
  // The clock is that of the line, unless the program writes one.
  const clock = third === 58 && !BEGINS_LINE.test(inner) ? text.slice(0, 9) : '';
  return { stream: match[1]!, inner: clock + inner, partial: false, kind: 'name', service: match[1]! };
}

/** `web-1  | …`, `api_1 | …`; without a number only before what is surely the beginning of a line. */
function unwrapBarred(text: string, end: number, bar: number): Wrapped | undefined {
  const start = bar + 1;
  if (start < text.length && !isAt(text, start, SPACE)) return undefined;
  const name = text.slice(0, end);
  const service = name.replace(/[-_]\d{1,4}$/, '');
  if (levelOfWord(name) || !isServiceName(service)) return undefined;
  const inner = text.slice(start + 1);
  return service !== name || BEGINS_LINE.test(inner)
    ? { stream: name, inner, partial: false, kind: 'name', service }
    : undefined;
}

/** An object, a time, an address, a level in brackets, a frame of a trace. */
const BEGINS_LINE =
  /^(?:\{"|\[?\d{2,4}[-/.]\d{2}[-/.T]|\d{1,3}(?:\.\d{1,3}){3} |[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d |\[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b|\s+at |Traceback )/;

/** `[pod/web-7d9f8c6b5-x2x4z/nginx] …` */
function unwrapPod(text: string): Wrapped | undefined {
  const slash = text.indexOf('/', 5);
  const close = text.indexOf('] ', slash);
  if (slash < 0 || close < 0 || close > 400) return undefined;
  const pod = text.slice(5, slash);
  return {
    stream: text.slice(5, close),
    inner: text.slice(close + 2),
    partial: false,
    kind: 'name',
    service: nameOfContainer(text.slice(slash + 1, close)) ?? workloadOf(pod),
    host: pod,
  };
}

/** The random ends of a pod's name: of its replica set and its own. */
const POD_END = /^(.{1,200}?)(?:-[a-f\d]{6,10})?-(?:[a-z\d]{5}|\d{1,3})$/;
const workloadOf = (pod: string): string => POD_END.exec(pod)?.[1] ?? pod;

/**
 * `orders-5c9d7b6f8d-x2x4z orders …`: a pod and a container. The pod has a number or random ends, and is named after the
 * container, unless its random ends are of the letters that a cluster draws them from.
 */
const POD_COLUMN = /^([a-z][a-z\d-]{1,100}?)(?:-[a-z\d]{5,10})?-(?:[a-z\d]{5}|\d{1,3})$/;
const DRAWN_ENDS = /-(?=[a-z]*\d)[bcdfghjklmnpqrstvwxz\d]{8,10}-[bcdfghjklmnpqrstvwxz\d]{5}$/;
function unwrapPodColumn(text: string, end: number): Wrapped | undefined {
  const next = runEnd(text, end + 1, NAME);
  if (next === end + 1 || text.charCodeAt(next) !== 32 || !isAt(text, end + 1, LETTER)) return undefined;
  const pod = text.slice(0, end);
  const match = POD_COLUMN.exec(pod);
  if (!match) return undefined;
  const container = text.slice(end + 1, next);
  if (!pod.startsWith(`${container}-`) && !DRAWN_ENDS.test(pod)) return undefined;
  return {
    stream: text.slice(0, next),
    inner: text.slice(next + 1),
    partial: false,
    kind: 'name',
    service: nameOfContainer(container) ?? match[1]!,
    host: pod,
  };
}

/** Where the line goes on behind a time with a T, `2026-11-24T06:00:00.1Z `; -1 where none is before it. */
function behindTime(text: string): number {
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(4) !== 45 || text.charCodeAt(13) !== 58) return -1;
  const end = text.indexOf(' ', 19);
  return end < 0 || end > 40 ? -1 : end + 1;
}

/** `stdout F …` behind a time */
function unwrapOutput(text: string, start: number): Wrapped | undefined {
  if (!text.startsWith('std', start) || text.charCodeAt(start + 6) !== 32) return undefined;
  const mark = text.charCodeAt(start + 7);
  const cut = mark === 80 && text.charCodeAt(start + 8) === 32;
  if (!cut && (mark !== 70 || (text.charCodeAt(start + 8) !== 32 && text.length !== start + 8)))
    return undefined;
  return { stream: text.slice(start, start + 6), inner: text.slice(start + 9), partial: cut, kind: 'output' };
}

/** `Nov 24 06:00:00 host program[12]: …` */
function unwrapSyslog(text: string): Wrapped | undefined {
  if (text.charCodeAt(3) !== 32 || text.charCodeAt(6) !== 32 || text.charCodeAt(9) !== 58) return undefined;
  return text.charCodeAt(15) === 32 ? unwrapProgram(text, 16) : undefined;
}

/** `host program[12]: …` and `program[web.1]: …` from `start` on. */
function unwrapProgram(text: string, start: number): Wrapped | undefined {
  let end = runEnd(text, start, NAME | SLASH);
  if (text.charCodeAt(end) === 32) end = runEnd(text, end + 1, NAME | SLASH);
  if (text.charCodeAt(end) !== 91) return undefined;
  const close = runEnd(text, end + 1, NAME);
  if (close === end + 1 || !text.startsWith(']: ', close)) return undefined;
  return {
    stream: text.slice(start, close),
    inner: text.slice(close + 3),
    partial: false,
    kind: 'program',
  };
}

/** Keys under which shippers keep the line of a program, the surest first. */
const MARKS = ['log', 'message', 'MESSAGE', 'msg', 'textPayload'].flatMap((key) => [
  { key, mark: `"${key}":"` },
  { key, mark: `"${key}": "` },
]);
/** The mark of the last object: those of a file are alike. */
let usual = MARKS[0]!;
/** Keys that tell the streams of a file of objects apart; all but the first end in the same way. */
const STREAM_KEYS = ['"stream":', '"container_name":', '"pod_name":', '"container_id":'];
/** Characters of an object in which its line is looked for. */
const NEAR = 4_000;

/** The first mark of a line of a program in an object, and where the line begins. */
function innerAt(text: string): { key: string; start: number } | undefined {
  const at = text.indexOf(usual.mark);
  if (at >= 0 && at <= NEAR) return { key: usual.key, start: at + usual.mark.length };
  // What is found nowhere in the head is not searched for in a long rest.
  const head = text.length > NEAR ? text.slice(0, NEAR) : text;
  for (const mark of MARKS) {
    const found = head.indexOf(mark.mark);
    if (found < 0) continue;
    usual = mark;
    return { key: mark.key, start: found + mark.mark.length };
  }
  return undefined;
}

/** An object of one line that holds the line of a program. */
function unwrapObject(text: string): Wrapped | undefined {
  const found = innerAt(text);
  if (!found) return undefined;
  const { key, start } = found;
  let end = start;
  let escapes = 0;
  let escapedAt = -1;
  let controls = 0;
  for (let code = text.charCodeAt(end); end < text.length && code !== 34; code = text.charCodeAt(++end))
    if (code === 92) {
      escapes++;
      escapedAt = end++;
    } else if (code < 32) controls++;
  if (end >= text.length) return undefined;
  let inner: string;
  // A line end is all that is escaped in most lines of a container.
  let ended = escapes === 1 && controls === 0 && escapedAt === end - 2 && text.charCodeAt(end - 1) === 110;
  if (ended) inner = text.slice(start, end - 2);
  else {
    inner = text.slice(start, end);
    if (escapes > 0)
      try {
        inner = JSON.parse(`"${inner}"`) as string;
      } catch {
        return undefined;
      }
    ended = inner.endsWith('\n');
    if (ended) inner = inner.slice(0, -1);
  }
  const long = !ended && key === 'log' && inner.length >= CUT_BYTES / 4;
  return {
    stream: key === 'log' ? streamOf(text) : '',
    inner,
    partial: long && Buffer.byteLength(inner) >= CUT_BYTES,
    kind: 'object',
    key,
  };
}

function streamOf(text: string): string {
  let stream = '';
  const most = text.includes('_name":') || text.includes('_id":') ? STREAM_KEYS.length : 1;
  for (let i = 0; i < most; i++) {
    const key = STREAM_KEYS[i]!;
    const at = text.lastIndexOf(key);
    if (at < 0) continue;
    const end = text.indexOf(',', at);
    stream += text.slice(at + key.length, end < 0 ? text.length - 1 : end).trim();
  }
  return stream;
}

/**
 * Whether an object may hold a line that only goes on: one that is in white space, or begins as the lines of a trace do. Most
 * objects stop here.
 */
export function mayContinue(text: string): boolean {
  const found = innerAt(text);
  if (!found) return false;
  if (found.key === 'log') return true;
  const code = text.charCodeAt(found.start);
  // Space, backslash, `.`, `C`, `S`, `T`, `g`
  return (
    code === 32 || code === 92 || code === 46 || code === 67 || code === 83 || code === 84 || code === 103
  );
}

/**
 * An event of several lines of which each has the same wrapper: the first line as it is, and the others without their wrapper.
 * For objects, the first object with all of what was printed. Undefined for any other text.
 */
export function joinedInner(text: string): string | Record<string, unknown> | undefined {
  const lines = text.split('\n');
  const first = unwrap(lines[0]!);
  if (!first) return undefined;
  let joined = first.kind === 'object' ? first.inner : lines[0]!;
  let { partial } = first;
  for (const line of lines.slice(1)) {
    const next = unwrap(line);
    if (next && (next.kind !== first.kind || next.stream !== first.stream)) return undefined;
    joined += partial ? (next?.inner ?? line) : `\n${next?.inner ?? line}`;
    partial = next?.partial ?? false;
  }
  if (first.kind !== 'object') return joined;
  try {
    return { ...(JSON.parse(lines[0]!) as Record<string, unknown>), [first.key!]: joined };
  } catch {
    return undefined;
  }
}
