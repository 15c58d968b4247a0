import { hash } from 'node:crypto';
import { type AttributeValue, cutText, type LogRecord, MAX_LINE } from '../../domain/log/record.ts';
import type { DateOrder, SourceLine } from '../../domain/log/source-line.ts';
import { LruMap } from '../../domain/lru-map.ts';
import { withoutControlSequences } from '../../domain/text/control-sequences.ts';
import { type Columns, createColumns } from './columns.ts';
import { readUnknownKeys } from './divided/unknown-keys.ts';
import { errorCodeOf, tracesOf } from './error-codes.ts';
import { accessFacts, mayBeAccess } from './formats/access.ts';
import { createDurationUnits } from './formats/durations.ts';
import { createNamedColumns, type NamedColumns } from './formats/named-columns.ts';
import { recordFields } from './formats/records.ts';
import { createRequestPairs } from './formats/request-pairs.ts';
import { createStreamNames } from './formats/stream-names.ts';
import { joinedInner, unwrapNamed, type Wrapped } from './formats/wrappers.ts';
import { readHeader } from './header.ts';
import type { Header } from './header-parts.ts';
import { levelOfMessage } from './level.ts';
import { pairsOf } from './pairs.ts';
import { requestFacts } from './request.ts';
import { createSourceStates, plausible } from './source-state.ts';
import { type Facts, factsOf, jsonFields } from './structured.ts';
import { before, type Reference } from './time/instant.ts';
import {
  beginningWith,
  createTimePlaces,
  levelAmong,
  type PlacedTime,
  type TimePlaces,
} from './time-place.ts';

/** Turns lines into records. It remembers the last time of each source, for lines without one. */
export type Normalizer = (line: SourceLine) => LogRecord;

const BEGINS_WITH_PAIR = /^[A-Za-z_][\w.@-]{0,63}=/;
const MAX_NAME = 200;
/** Characters of a text that are read; a message is shorter anyway. */
const MAX_PARSED = 4 * MAX_LINE;
/** Sources remembered. */
const MAX_SOURCES = 10_000;
/** Positions that differ only in this many last characters are neighbours. */
const NEIGHBOURS = 4;

/**
 * Ids that are the same whenever the same line is read from the same place. Ids of neighbours have the same beginning, so
 * that they are near each other in a store's index: spread over the whole index, each would cost a page.
 */
function createRecordIds(): (line: SourceLine) => string {
  let source: string | undefined;
  let neighbourhood = '';
  let prefix = '';
  return (line) => {
    const around = line.position.slice(0, -NEIGHBOURS);
    if (line.source !== source || around !== neighbourhood) {
      source = line.source;
      neighbourhood = around;
      prefix = hash('sha1', `${source}\u0000${neighbourhood}`, 'hex').slice(0, 8);
    }
    return (
      prefix + hash('sha1', `${line.source}\u0000${line.position}\u0000${line.text}`, 'hex').slice(0, 16)
    );
  };
}

/** The end of a file name: a kind of file, the number of a rotation, a date. */
const ENDING =
  /(?:\.(?:log|txt|out|err|jsonl?|csv|tsv|ndjson|gz|zst|\d+)|[-_.]\d{4}-?\d{2}-?\d{2}(?:[-T]?\d+)?)$/i;

/** No file system has longer names, but a sender may send anything. */
const MAX_FILE_NAME = 255;

/** The service name in a file's name: `logs/inventory-api.2026-11-21.log.1.gz` → `inventory-api`. */
export function serviceOfSource(source: string): string {
  const base = source.split(/[\\/]/).at(-1)!.slice(0, MAX_FILE_NAME);
  let name = base;
  // One ending after the other: a single expression for all of them would try every way to divide digits among them.
  for (let ending = ENDING.exec(name); ending; ending = ENDING.exec(name)) name = name.slice(0, ending.index);
  return name && name !== '-' ? name.slice(0, MAX_NAME) : 'unknown';
}

/**
 * @param options.timeZone IANA zone of times that name none
 * @param options.now epoch milliseconds of the present: completes dates without a year, and is the time of lines without
 *   one, where nothing else is known of their source
 */
export function createNormalizer(options: { timeZone: string; now?: () => number }): Normalizer {
  const { timeZone, now = Date.now } = options;
  const idOf = createRecordIds();
  const layout = createLayout();
  const durationOf = createDurationUnits();
  const requestOf = createRequestPairs();
  const names = createStreamNames();
  const stateOf = createSourceStates(now);

  return (line) => {
    const source = stateOf(line);
    const plain = plainText(line.text);
    const facts = factsOfLine(line, plain, timeZone, source.reference, layout);
    if (facts.unitless && facts.request)
      facts.request.durationMs = durationOf(line.source, facts.unitless.field, facts.unitless.value);
    if (facts.named) names.note(line.source, facts.named.name, facts.named.service);
    else facts.service ??= names.serviceOf(line.source, plain);
    const own = plausible(facts.timestamp);
    const timestamp = own ?? plausible(line.hint?.timestamp) ?? source.lastTime ?? source.reference.ms;
    if (own !== undefined) {
      source.lastTime = timestamp;
      source.reference.dated = true;
    }
    const message = cutText(facts.message ?? plain);
    facts.request ??= requestOf(line.source, message, facts.attributes);
    const traces = facts.traceId ? facts : tracesOf(plain);
    return {
      id: idOf(line),
      timestamp: Math.round(timestamp),
      level: facts.level ?? levelOfMessage(message),
      service: shortName(
        line.stream?.service ??
          facts.service ??
          line.hint?.service ??
          // The lines of one file are those of one program, whatever part of it writes them.
          (isFile(line.source) ? undefined : facts.part) ??
          // biome-ignore lint/suspicious/noAssignInExpressions: computed once for a source
          (source.service ??= serviceOfSource(line.source)),
      )!,
      host: shortName(facts.host ?? line.hint?.host),
      message,
      line: cutText(line.text),
      attributes: line.stream ? { ...facts.attributes, stream: line.stream.name } : facts.attributes,
      errorCode: facts.errorCode ?? errorCodeOf(message),
      traceId: traces.traceId,
      spanId: facts.spanId ?? traces.spanId,
      request: facts.request,
    };
  };
}

/** The time of a line. */
export interface ReadTime {
  /** Epoch milliseconds. */
  ms: number;
  /** What the line does not say of it. */
  lacked: Reference['used'];
  /** The order that the dates of its source have shown. */
  order: DateOrder | undefined;
}

/**
 * Reads only the times of lines, as a normalizer would that gets the same lines.
 * @returns gives undefined for a line without a time
 */
export function createTimeReader(
  timeZone: string,
  now: () => number = Date.now,
): (line: SourceLine) => ReadTime | undefined {
  const layout = createLayout();
  const stateOf = createSourceStates(now);
  return (line) => {
    const source = stateOf(line);
    source.reference.used = undefined;
    const plain = plainText(line.text);
    const ms = plausible(factsOfLine(line, plain, timeZone, source.reference, layout).timestamp);
    if (ms === undefined) return undefined;
    source.lastTime = ms;
    source.reference.dated = true;
    return { ms, lacked: source.reference.used, order: source.reference.order };
  };
}

/** What has been learned about the columns of each source. */
interface Layout {
  /** Finds a time behind other columns, and divided columns. */
  columns: Columns;
  /** Reads the columns that a source has named. */
  named: NamedColumns;
  /** Finds a time anywhere in the lines of a source that do not begin with one. */
  placeOf: TimePlaces;
}
const createLayout = (): Layout => ({
  columns: createColumns(),
  named: createNamedColumns(),
  placeOf: createTimePlaces(),
});

/** The facts of a line of any kind. */
function factsOfLine(
  line: SourceLine,
  plain: string,
  timeZone: string,
  now: Reference,
  layout: Layout,
): Facts {
  const zone = line.stream?.timeZone ?? timeZone;
  const fields = line.fields ?? layout.named(line.source, plain);
  return fields ? objectFacts(fields, zone, now) : factsOfText(plain, zone, now, layout, line.source);
}

const isFile = (source: string): boolean => source.includes('/') || source.includes('\\');

const shortName = (name: string | undefined): string | undefined =>
  name !== undefined && name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name;

/** A text without terminal control sequences, and without its middle when it is very long. */
function plainText(text: string): string {
  const kept = text.length > MAX_PARSED ? cutText(text, MAX_PARSED) : text;
  // What a file was truncated to while its program wrote on is zeros.
  return withoutControlSequences(kept.charCodeAt(0) === 0 ? kept.replace(/^\0+/, '') : kept);
}

/** For a text that was not searched yet. */
const MAY_HOLD_ALL: Holds = { access: true, pair: 0 };

/** Reads only the message that the normalizer would give the line's record: several times faster when no more is needed. */
export function createMessageReader(timeZone: string): (line: SourceLine) => string {
  const layout = createLayout();
  /** Sources of which a line has begun with a time. */
  const dated = new LruMap<string, true>(MAX_SOURCES);
  const now = before(Date.now());
  return (line) => {
    const plain = plainText(line.text);
    const facts = line.fields ? objectFacts(line.fields, timeZone, now) : structured(plain, timeZone, now);
    if (facts) return cutText(facts.message ?? plain);
    now.dated = dated.has(line.source);
    const whole = (): string =>
      cutText(factsOfText(plain, timeZone, now, layout, line.source).message ?? plain);
    if (unwrapNamed(plain) || plain.includes('\n')) return whole();
    const { bodyAt, end, timestamp } = readHeader(plain, timeZone, now, layout.columns, line.source);
    if (timestamp !== undefined) dated.set(line.source, true);
    else if (!now.dated) return whole();
    const body = bodyAt === 0 && end === undefined ? plain : plain.slice(bodyAt, end);
    const inner = isStructured(body) ? bodyFacts(body, MAY_HOLD_ALL, timeZone, now) : undefined;
    return cutText(inner?.message ?? body);
  };
}

/** The facts of a line that is structured from its first character on. */
function structured(text: string, zone: string, now: Reference): Facts | undefined {
  const fields = jsonFields(text);
  if (fields) return objectFacts(fields, zone, now);
  return accessFacts(text, zone, now) ?? logfmtFacts(text, text.indexOf('='), zone, now);
}

/** The facts of any line. What the text does not have at all is searched for only once. */
function factsOfText(text: string, zone: string, now: Reference, layout: Layout, source: string): Facts {
  const named = unwrapNamed(text);
  if (!named) return factsOfBare(text, zone, now, layout, source);
  const joined = text.includes('\n') ? joinedInner(text) : undefined;
  const inner = typeof joined === 'string' ? (unwrapNamed(joined)?.inner ?? joined) : named.inner;
  return namedFacts(named, factsOfBare(inner, zone, now, layout, source));
}

/** The facts of a line that has no name before it, or none any more: names before names are words of the message. */
function factsOfBare(text: string, zone: string, now: Reference, layout: Layout, source: string): Facts {
  const fields = jsonFields(text);
  const joined = fields ?? manyLines(text);
  if (typeof joined === 'object') {
    const facts = objectFacts(joined, zone, now);
    facts.timestamp ??= fieldTime(text, layout.placeOf, source, zone, now);
    return facts;
  }
  const whole = joined ?? text;
  const holds: Holds = { access: mayBeAccess(whole), pair: whole.indexOf('=') };
  const facts =
    (holds.access ? accessFacts(whole, zone, now) : undefined) ?? logfmtFacts(whole, holds.pair, zone, now);
  if (facts) {
    facts.timestamp ??= fieldTime(whole, layout.placeOf, source, zone, now);
    return facts;
  }
  const header = readHeader(whole, zone, now, layout.columns, source);
  const plain = withHeader(whole, header, holds, zone, now);
  const time = plain.timestamp === undefined ? layout.placeOf(source, whole, zone, now) : undefined;
  return time ? placedFacts(whole, time, plain, zone, now) : plain;
}

/** The time in a field with an unknown name. What arrived with a time needs none: such a field may be about anything. */
const fieldTime = (
  text: string,
  placeOf: TimePlaces,
  source: string,
  zone: string,
  now: Reference,
): number | undefined => (now.side === 'arrived' ? undefined : placeOf(source, text, zone, now)?.ms);

/**
 * The facts of a line whose time is in a place of its own: those of what follows it, and a level among the columns before.
 * @param plain the facts of the whole line, which stays the message when the time only closes it
 */
function placedFacts(text: string, time: PlacedTime, plain: Facts, zone: string, now: Reference): Facts {
  plain.timestamp = time.ms;
  if (!time.leads) return plain;
  const headed = beginningWith(time, text);
  const header = readHeader(headed, zone, now);
  if (header.timestamp === undefined) return plain;
  const facts = withHeader(headed, header, MAY_HOLD_ALL, zone, now);
  const columns = text.slice(0, time.start).replace(/[^\p{L}\p{N}]{1,4}$/u, '');
  facts.timestamp = time.ms;
  facts.level ??= levelAmong(columns);
  if (columns) facts.attributes.columns = columns;
  return facts;
}

/** What is in an event of several lines, or in an element: its fields, or its lines without their wrappers. */
function manyLines(text: string): string | Record<string, unknown> | undefined {
  const first = text.charCodeAt(0);
  // `<` and no digit: an element, and no priority of syslog.
  if (first === 60 && text.charCodeAt(1) > 57) return recordFields(text);
  if (!text.includes('\n')) return undefined;
  return recordFields(text) ?? joinedInner(text);
}

/** A line behind the name of its container: what the line calls itself may be but a part of that. */
function namedFacts({ service, host, stream }: Wrapped, inner: Facts): Facts {
  inner.service = service ?? inner.service;
  if (service !== undefined) inner.named = { name: stream, service };
  inner.host ??= host;
  return inner;
}

/** What a text contains: the mark of an access line, and the index of its first `=` (-1 if none). */
interface Holds {
  access: boolean;
  pair: number;
}

/** Objects within objects that are read: a shipper around a container around a program. */
const MAX_DEPTH = 4;

/**
 * The facts of an object whose message may be a whole line: shippers and containers wrap the lines of a program so. The
 * inner line says what happened; time, service and host are those of the object, if it has them.
 */
function objectFacts(fields: Record<string, unknown>, zone: string, now: Reference, depth = 0): Facts {
  const outer = factsOf(fields, zone, now);
  const text = outer.message?.slice(0, MAX_PARSED).trimEnd();
  if (!text) return outer;
  const inner = depth < MAX_DEPTH ? lineInside(text, zone, now, depth + 1) : undefined;
  if (!inner) {
    outer.message = text;
    return outer.request ? outer : withRequest(outer, requestFacts(text));
  }
  return {
    timestamp: outer.timestamp ?? inner.timestamp,
    // A shipper knows a default level at best.
    level: inner.level ?? outer.level,
    service: outer.service ?? inner.service,
    part: outer.part ?? inner.part,
    host: outer.host ?? inner.host,
    message: inner.message ?? outer.message,
    errorCode: outer.errorCode ?? inner.errorCode,
    traceId: outer.traceId ?? inner.traceId,
    spanId: outer.spanId ?? inner.spanId,
    request: outer.request ?? inner.request,
    named: undefined,
    unitless: outer.request ? outer.unitless : inner.unitless,
    attributes: { ...inner.attributes, ...outer.attributes },
  };
}

/** Adds the request found in a message. What the fields say comes first. */
const withRequest = (facts: Facts, asked: Facts | undefined): Facts =>
  asked
    ? {
        ...facts,
        level: facts.level ?? asked.level,
        errorCode: facts.errorCode ?? asked.errorCode,
        request: asked.request,
      }
    : facts;

/** The facts of a line inside a message; undefined for plain words, which are the message already. */
function lineInside(text: string, zone: string, now: Reference, depth: number): Facts | undefined {
  const fields = jsonFields(text);
  if (fields) return objectFacts(fields, zone, now, depth);
  if (!/\d/.test(text.slice(0, 80))) return undefined;
  const access = accessFacts(text, zone, now);
  if (access) return access;
  const holds: Holds = { access: mayBeAccess(text), pair: text.indexOf('=') };
  const facts = withHeader(text, readHeader(text, zone, now), holds, zone, now);
  return facts.timestamp === undefined ? undefined : facts;
}

/**
 * logfmt: nearly the whole line is pairs, and one of them is a time, a level or a message.
 * @param equals the index of the first `=`; -1 for none
 */
function logfmtFacts(text: string, equals: number, zone: string, now: Reference): Facts | undefined {
  if (equals < 1 || equals > 64 || /\s/.test(text.slice(0, equals))) return undefined;
  const { fields, count, covered } = pairsOf(text, equals);
  if (count < 3 || covered < 0.9) return undefined;
  const facts = objectFacts(fields, zone, now);
  if (facts.timestamp === undefined) readUnknownKeys(fields, facts, zone, now);
  return facts.timestamp !== undefined || facts.level || facts.message ? facts : undefined;
}

/** The facts of a line with a header and a body; the body may again be JSON or pairs. */
function withHeader(text: string, header: Header, holds: Holds, zone: string, now: Reference): Facts {
  const body = text.slice(header.bodyAt, header.end);
  const inner = bodyFacts(body, holds, zone, now);
  // The status may be between the bars of a header, so the whole line is read.
  const asked = inner?.request ? undefined : requestFacts(text, header.bodyAt);
  const attributes: Record<string, AttributeValue> = inner ? inner.attributes : {};
  if (header.pid) attributes.pid = header.pid;
  if (header.columns) attributes.columns = header.columns;
  if (header.thread) attributes.thread = header.thread;
  if (header.logger) attributes.logger = header.logger;
  return {
    timestamp: header.timestamp ?? inner?.timestamp,
    level: header.level ?? inner?.level ?? asked?.level,
    service: inner?.service ?? header.program ?? header.named,
    part: inner?.part,
    host: inner?.host ?? header.host,
    message: inner?.message ?? body,
    errorCode: inner?.errorCode ?? asked?.errorCode,
    traceId: inner?.traceId,
    spanId: inner?.spanId,
    request: inner?.request ?? asked?.request,
    named: undefined,
    unitless: inner?.unitless,
    attributes,
  };
}

/** Whether a body may be an object, pairs or an access line, which then has the message. */
const isStructured = (body: string): boolean =>
  body.charCodeAt(0) === 123 || body.includes('] "') || (body.includes('=') && BEGINS_WITH_PAIR.test(body));

/** The facts in the body of a plain line: in pairs, whose surrounding words stay the message, or in a structured body. */
function bodyFacts(body: string, holds: Holds, zone: string, now: Reference): Facts | undefined {
  if (body.charCodeAt(0) === 123) {
    const fields = jsonFields(body);
    if (fields) return objectFacts(fields, zone, now, 1);
    const joined = body.includes('\n') ? joinedInner(body) : undefined;
    if (typeof joined === 'object') return objectFacts(joined, zone, now, 1);
  }
  // A container runtime puts its own time before a web server's line.
  const access = holds.access ? accessFacts(body, zone, now) : undefined;
  if (access) return access;
  const equals = holds.pair < 0 ? -1 : body.indexOf('=');
  if (equals < 0) return undefined;
  const { fields, count, covered } = pairsOf(body, equals);
  if (count === 0) return undefined;
  const facts = factsOf(fields, zone, now);
  if (count >= 3 && covered > 0.9 && isStructured(body)) return facts;
  // Pairs inside a sentence describe it: they do not replace its words, time or service.
  facts.timestamp = undefined;
  facts.level = undefined;
  facts.service = undefined;
  facts.host = undefined;
  facts.message = undefined;
  return facts;
}
