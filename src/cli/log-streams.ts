import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { HOUR, MINUTE } from '../domain/time/units.ts';
import { createTimeReader, firstTime } from '../pipeline/normalize/line-time.ts';
import { inBatches, type SourceLine } from '../pipeline/source-line.ts';

const streams = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Whether a path of `--logs` names a collection of streams rather than a log file. */
export const isLogStreams = (path: string): boolean => /\.json(\.gz)?$/.test(path);

/**
 * The service a stream belongs to: `cart.previous` (before a restart) and `cart.proxy` (beside it) are `cart`'s. A name
 * of several dots is a service's full name, unless it begins with that of another stream.
 */
export function serviceOfStream(name: string, all: Iterable<string>): string {
  const whole = name.replace(/\.previous$/, '');
  const parents = [...all].filter((other) => other !== name && whole.startsWith(`${other}.`));
  if (parents.length > 0) return parents.sort((a, b) => a.length - b.length)[0]!;
  const parts = whole.split('.');
  return parts.length === 2 && parts[0] ? parts[0] : whole;
}

/**
 * A `.json` or `.json.gz` of `{stream: text or list of lines}`, as cluster tools export it. The stream's name says
 * the service. Lines without a time get that of the lines around them, never the present one: the file may be old.
 * @param timeZone IANA zone of times that name none
 * @throws AppError `usage` when the file is missing or of another shape
 */
export function* readLogStreams(path: string, timeZone: string): Generator<SourceLine[]> {
  let parsed: z.infer<typeof streams>;
  try {
    const bytes = readFileSync(path);
    parsed = streams.parse(JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')));
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

/** A time with its zone, as a collector writes it, before one without, as the program does: `…Z 2026-03-01 09:00:00`. */
const TWO_TIMES =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*(Z|[+-]\d\d:\d\d)\s+\W?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?![\d.,]*(?:Z|[+-]\d\d))/;
const QUARTER_HOUR = 15 * MINUTE;
/** Lines of each stream that are looked at for its zone. */
const ZONE_SAMPLE = 200;

/**
 * Which zone a service's times are in that name none, learned from lines that hold the same time twice; a service
 * without such a line (the instance before a restart, say) is taken to be where most others are.
 * @returns by service, an offset such as `+09:00`; undefined where no line tells
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

/** The lines of one stream that say something; their numbers count the blank ones too. */
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

/** The latest of some times; one that lies in the future is none, unless all do. */
function latestOf(times: readonly number[]): number | undefined {
  const now = Date.now();
  const past = times.filter((ms) => ms <= now);
  const meant = past.length > 0 ? past : times;
  return meant.length > 0 ? Math.max(...meant) : undefined;
}

/**
 * Gives the lines before a stream's first time that time (the normalizer carries it on behind each time). A stream
 * without any time gets its service's last, one of an earlier instance its service's first, since it ended when the
 * present one began; else the last of the whole file, else `fallback`.
 */
function* dated(read: SourceLine[][], timeZone: string, fallback: number): Generator<SourceLine> {
  const timeOf = createTimeReader(timeZone);
  const spans = read.map((lines) => {
    const first = firstTime(lines, timeOf);
    const last = first && firstTime(lines.toReversed(), timeOf);
    return { lines, stream: lines[0]?.stream, first, last };
  });
  const latest = latestOf(spans.flatMap(({ last }) => last?.ms ?? [])) ?? fallback;
  const near = (stream: SourceLine['stream']): number => {
    const own = spans.filter((span) => span.first && span.stream?.service === stream?.service);
    if (own.length === 0) return latest;
    return stream?.name.endsWith('.previous')
      ? Math.min(...own.map((span) => span.first!.ms))
      : latestOf(own.map((span) => span.last!.ms))!;
  };
  for (const { lines, stream, first } of spans) {
    const timestamp = first?.ms ?? near(stream);
    for (const [index, line] of lines.entries())
      yield index < (first?.index ?? lines.length) ? { ...line, hint: { timestamp } } : line;
  }
}
