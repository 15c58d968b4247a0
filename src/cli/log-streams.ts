import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { inBatches, type SourceLine, type SourceTimes } from '../domain/log/source-line.ts';
import { HOUR, MINUTE } from '../domain/time/units.ts';
import { createTimeReader } from '../pipeline/normalize/normalize.ts';
import { learnTimes } from '../pipeline/normalize/source-times.ts';
import { meaningOf } from '../pipeline/normalize/structured.ts';

const streams = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Bytes in which the first value of a collection begins. */
const HEAD = 64 * 1024;
/** The beginning of `{stream: text or list of lines}`. */
const BEGINS = /^\uFEFF?\s*\{\s*"(?:[^"\\]|\\.){0,300}"\s*:\s*(?:"|\[\s*["\]])/;

/**
 * Whether a path of `--logs` is a collection of streams. A `.json` file of another shape (JSON Lines, a list of objects,
 * objects over several lines) is a log file.
 */
export function isLogStreams(path: string): boolean {
  if (!/\.json(\.gz)?$/.test(path)) return false;
  let head: string;
  try {
    head = beginningOf(path);
  } catch {
    return false;
  }
  if (!BEGINS.test(head)) return false;
  const end = head.indexOf('\n');
  // A whole object in the first line with others after it: JSON Lines.
  if (end > 0 && isJson(head.slice(0, end)) && head.slice(end).trim() !== '') return false;
  try {
    return isCollection(readJson(path));
  } catch {
    return false;
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

function beginningOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD);
    const length = readSync(file, bytes, 0, HEAD, 0);
    const head = bytes.subarray(0, length);
    if (!path.endsWith('.gz')) return head.toString('utf8');
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD).toString('utf8');
  } finally {
    closeSync(file);
  }
}

function readJson(path: string): unknown {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}

/** A single record has texts, too: it names its time, level or message, and its values are of one line. */
function isCollection(value: unknown): boolean {
  const parsed = streams.safeParse(value);
  if (!parsed.success) return false;
  const texts = Object.values(parsed.data);
  const inLines = texts.some((content) => typeof content !== 'string' || content.includes('\n'));
  return inLines || !Object.keys(parsed.data).some((name) => meaningOf(name) !== undefined);
}

/**
 * The service that a stream belongs to. `cart.previous` (before a restart) and `cart.proxy` (a sidecar) belong to `cart`.
 * A name with several dots is the full name of a service, unless it begins with the name of another stream.
 */
export function serviceOfStream(name: string, all: Iterable<string>): string {
  const whole = name.replace(/\.previous$/, '');
  const parents = [...all].filter((other) => other !== name && whole.startsWith(`${other}.`));
  if (parents.length > 0) return parents.sort((a, b) => a.length - b.length)[0]!;
  const parts = whole.split('.');
  return parts.length === 2 && parts[0] ? parts[0] : whole;
}

/**
 * Reads a `.json` or `.json.gz` of `{stream: text or list of lines}`, as cluster tools export it. The stream's name gives
 * the service. A line without a time gets the time of the lines around it, never the present time: the file may be old.
 * @param timeZone IANA zone for times without one
 * @throws AppError `usage` when the file is missing or of another shape
 */
export function* readLogStreams(path: string, timeZone: string): Generator<SourceLine[]> {
  let parsed: z.infer<typeof streams>;
  try {
    parsed = streams.parse(readJson(path));
  } catch (cause) {
    throw new AppError('usage', `${path}: must be JSON of {"stream": text or list of lines}`, { cause });
  }
  const names = Object.keys(parsed);
  const file = basename(path);
  const zoneOf = zones(parsed, names);
  const read = Object.entries(parsed).map(([name, content]) => {
    const service = serviceOfStream(name, names);
    const zone = zoneOf(service);
    return linesOf(content, file, { service, name, ...(zone ? { timeZone: zone } : {}) });
  });
  yield* inBatches(dated(read, timeZone, statSync(path).mtimeMs));
}

/** A time with a zone (the collector's) before a time without one (the program's): `…Z 2026-03-01 09:00:00`. */
const TWO_TIMES =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*(Z|[+-]\d\d:\d\d)\s+\W?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?![\d.,]*(?:Z|[+-]\d\d))/;
const QUARTER_HOUR = 15 * MINUTE;
/** Lines of each stream that are searched for two times. */
const ZONE_SAMPLE = 200;

/**
 * Finds the zone of a service's times that have none, from lines that hold the same time twice. A service without such
 * a line (the instance before a restart, for example) gets the zone of most other services.
 * @returns gives an offset such as `+09:00` for a service; undefined when no line of the file tells one
 */
function zones(
  collection: z.infer<typeof streams>,
  names: readonly string[],
): (service: string) => string | undefined {
  const votes = new Map<string, Map<number, number>>();
  const all = new Map<number, number>();
  for (const [name, content] of Object.entries(collection)) {
    const service = serviceOfStream(name, names);
    const lines =
      typeof content === 'string' ? content.split('\n', ZONE_SAMPLE) : content.slice(0, ZONE_SAMPLE);
    for (const line of lines) {
      const match = TWO_TIMES.exec(line);
      if (!match) continue;
      const apart = Date.parse(`${match[3]}T${match[4]}Z`) - Date.parse(`${match[1]}${match[2]}`);
      const offset = Math.round(apart / QUARTER_HOUR) * QUARTER_HOUR;
      const own = votes.get(service) ?? new Map<number, number>();
      votes.set(service, own.set(offset, (own.get(offset) ?? 0) + 1));
      all.set(offset, (all.get(offset) ?? 0) + 1);
    }
  }
  const most = (counts: Map<number, number>): number | undefined =>
    [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  const usual = most(all);
  return (service) => {
    const own = votes.get(service);
    const offset = own ? most(own) : usual;
    return offset === undefined || Math.abs(offset) > 14 * HOUR ? undefined : offsetName(offset);
  };
}

function offsetName(offset: number): string {
  const minutes = Math.abs(offset) / MINUTE;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The lines of one stream that are not blank. Blank lines count in their numbers. */
function linesOf(
  content: string | string[],
  file: string,
  stream: NonNullable<SourceLine['stream']>,
): SourceLine[] {
  const lines = typeof content === 'string' ? content.split('\n') : content;
  return lines.flatMap((line, index): SourceLine[] => {
    const text = line.replace(/\r?\n$|\r$/, '');
    if (text.trim() === '') return [];
    return [{ text, source: `${file}#${stream.name}`, position: String(index + 1), stream }];
  });
}

/** The latest of some times. Times in the future do not count, unless all are in the future. */
function latestOf(times: readonly number[]): number | undefined {
  const now = Date.now();
  const past = times.filter((ms) => ms <= now);
  const meant = past.length > 0 ? past : times;
  return meant.length > 0 ? Math.max(...meant) : undefined;
}

/**
 * Gives a time to lines that have none before them in their stream. (After a line with a time the normalizer does it.)
 * They get the first time of their stream. A stream without any time gets the last time of its service; a stream of an
 * earlier instance (`.previous`) the first one, because it ended when the present instance began. Without a time in the
 * service it is the last time of the whole file, else `fallback`.
 */
function* dated(read: SourceLine[][], timeZone: string, fallback: number): Generator<SourceLine> {
  const learned = read.map((lines) => {
    const times: SourceTimes = { before: fallback };
    const { whole } = learnTimes(lines, lines[0]?.stream?.timeZone ?? timeZone, times);
    return { lines: lines.map((line): SourceLine => ({ ...line, hint: { times } })), times, whole };
  });
  // Times without a day or a year take it from the other streams.
  const wholes = learned.flatMap(({ whole }) => whole ?? []);
  for (const { times, whole } of learned)
    if (whole === undefined && wholes.length > 0) times.near = latestOf(wholes)!;
  const spans = learned.map(({ lines }) => {
    const timeOf = createTimeReader(timeZone);
    let first: { index: number; ms: number } | undefined;
    let last: number | undefined;
    for (const [index, line] of lines.entries()) {
      const ms = timeOf(line)?.ms;
      if (ms === undefined) continue;
      first ??= { index, ms };
      last = ms;
    }
    return { lines, stream: lines[0]?.stream, first, last };
  });
  const latest = latestOf(spans.flatMap(({ last }) => last ?? [])) ?? fallback;
  const near = (stream: SourceLine['stream']): number => {
    const own = spans.filter((span) => span.first && span.stream?.service === stream?.service);
    if (own.length === 0) return latest;
    return stream?.name.endsWith('.previous')
      ? Math.min(...own.map((span) => span.first!.ms))
      : latestOf(own.map((span) => span.last!))!;
  };
  for (const { lines, stream, first } of spans) {
    const timestamp = first?.ms ?? near(stream);
    for (const [index, line] of lines.entries())
      yield index < (first?.index ?? lines.length) ? { ...line, hint: { ...line.hint, timestamp } } : line;
  }
}
