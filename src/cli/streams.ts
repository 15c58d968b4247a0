import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { createTimeReader, firstTime } from '../pipeline/line-time.ts';
import { inBatches, type SourceLine } from '../pipeline/source-line.ts';

const streams = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Whether a path of `--logs` names a collection of streams rather than a log file. */
export const isStreams = (path: string): boolean => /\.json(\.gz)?$/.test(path);

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
export function* readStreams(path: string, timeZone: string): Generator<SourceLine[]> {
  let parsed: z.infer<typeof streams>;
  try {
    const bytes = readFileSync(path);
    parsed = streams.parse(JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')));
  } catch (cause) {
    throw new AppError('usage', `${path}: must be JSON of {"stream": text or list of lines}`, { cause });
  }
  const names = Object.keys(parsed);
  const file = basename(path);
  const read = Object.entries(parsed).map(([name, content]) =>
    linesOf(content, file, { service: serviceOfStream(name, names), name }),
  );
  yield* inBatches(dated(read, timeZone, statSync(path).mtimeMs));
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
  const ends = spans.flatMap(({ last }) => last?.ms ?? []);
  const latest = ends.length > 0 ? Math.max(...ends) : fallback;
  const near = (stream: SourceLine['stream']): number => {
    const own = spans.filter((span) => span.first && span.stream?.service === stream?.service);
    if (own.length === 0) return latest;
    return stream?.name.endsWith('.previous')
      ? Math.min(...own.map((span) => span.first!.ms))
      : Math.max(...own.map((span) => span.last!.ms));
  };
  for (const { lines, stream, first } of spans) {
    const timestamp = first?.ms ?? near(stream);
    for (const [index, line] of lines.entries())
      yield index < (first?.index ?? lines.length) ? { ...line, hint: { timestamp } } : line;
  }
}
