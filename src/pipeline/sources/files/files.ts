import { createReadStream, type Dirent } from 'node:fs';
import { glob, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '../../../domain/errors.ts';
import type { SourceLine, SourceTimes } from '../../../domain/log/source-line.ts';
import { createTimeReader } from '../../normalize/normalize.ts';
import { createSpan, learnTimes, type OwnTimes } from '../../normalize/source-times.ts';
import { meaningOf } from '../../normalize/structured.ts';
import { type BinaryKind, textOnly } from './binary.ts';
import { type CsvRow, readCsv } from './csv.ts';
import type { CsvColumns } from './csv-columns.ts';
import type { Encoding } from './encoding.ts';
import { joinEvents } from './events.ts';
import { jsonLines } from './json-values.ts';
import { splitLines } from './lines.ts';
import { modifiedAt } from './modified.ts';

const CHUNK = 256 * 1024;
/** The first bytes of gzip data: its magic number and the only compression method. */
const GZIP = [0x1f, 0x8b, 8] as const;
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** Most files that are read side by side in time order; more are read one after the other. */
const MAX_MERGED = 64;

export interface ReadOptions {
  /** IANA zone of times that name none. */
  timeZone?: string;
  /** Bytes as they are on disk; the total is 0 if standard input is among the sources. */
  onProgress?: (bytesDone: number, bytesTotal: number) => void;
  /** If false, each physical line is an event, and stack traces are not joined. */
  joinTraces?: boolean;
  /** Called for each CSV file as `readCsv` does. */
  onColumns?: (path: string, columns: CsvColumns) => void;
  /** Called once for each encoding of a source that is not UTF-8; `unknown` for bytes that cannot be read. */
  onEncoding?: (path: string, encoding: Encoding) => void;
  /** Called for each source that is no text and therefore is left out. */
  onBinary?: (path: string, kind: BinaryKind) => void;
}

interface Found {
  path: string;
  size: number;
  /** When the file was changed, epoch milliseconds; absent for standard input. */
  changed?: number;
}

/**
 * Reads log files: plain, gzip or zstd, `.csv` and `.tsv` with a header row, JSON documents object by object, folders with all
 * their files, globs, `-` for standard input. What is no text is left out. Memory does not grow with the size of the files. Several files are merged roughly in time
 * order (50 lines at a time, and no more than 10 s of them), so that lines of the same time come together.
 * @throws AppError `not_found` for a missing path, `forbidden` for one that may not be read, `malformed` for a broken
 *   `.gz`, and where none of the files is text
 */
export async function* readFiles(
  paths: readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<SourceLine[]> {
  const files = await findFiles(paths);
  const total = files.some(({ path }) => path === '-') ? 0 : files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onBytes = (bytes: number): void => {
    done += bytes;
    options.onProgress?.(done, total);
  };
  const binary: string[] = [];
  const onBinary = (path: string, kind: BinaryKind): void => {
    binary.push(`${path} (${kind})`);
    options.onBinary?.(path, kind);
    if (binary.length === files.length)
      throw new AppError('malformed', `${binary.join(', ')}: no text, so no log`);
  };
  const readers = files.map((file) => openReader(file, onBytes, { ...options, onBinary }));
  if (readers.length <= MAX_MERGED) yield* mergeByTime(readers, options.timeZone ?? 'UTC');
  else for (const { lines } of readers) yield* lines;
}

/**
 * All files of paths, as `readFiles` takes them, with their sizes in bytes.
 * @throws AppError `not_found` | `forbidden`
 */
export const findFiles = async (paths: readonly string[]): Promise<Found[]> =>
  (await Promise.all(paths.map(findAll))).flat();

/** The files of a path, or those that a glob matches which no shell has expanded, sorted by name. */
async function findAll(path: string): Promise<Found[]> {
  try {
    return await find(path);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found' || !/[*?[{]/.test(path)) throw error;
    const matches: string[] = [];
    for await (const match of glob(path)) matches.push(match);
    matches.sort();
    if (matches.length === 0) throw error;
    return (await Promise.all(matches.map(find))).flat();
  }
}

/** The files of a path; in a folder the oldest rotation first: `app.log.2.gz`, `app.log.1`, `app.log`. */
async function find(path: string): Promise<Found[]> {
  if (path === '-') return [{ path, size: 0 }];
  try {
    const entry = await stat(path);
    if (!entry.isDirectory()) {
      // A pipe has no content that could be read twice, and the time of its last write says nothing.
      return [{ path, size: entry.size, ...(entry.isFile() ? { changed: entry.mtimeMs } : {}) }];
    }
    const entries = await readdir(path, { withFileTypes: true });
    const inside = entries.filter((child: Dirent) => !child.name.startsWith('.')).sort(byRotation);
    const found: Found[][] = [];
    for (const child of inside)
      if (child.isDirectory() || child.isFile()) found.push(await find(join(path, child.name)));
    return found.flat();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function byRotation(a: Dirent, b: Dirent): number {
  const parts = (name: string): [string, number] => {
    const match = /^(.*?)(?:\.(\d{1,4}))?(?:\.(?:gz|zst))?$/.exec(name);
    return [match?.[1] ?? name, Number(match?.[2] ?? -1)];
  };
  const [nameA, numberA] = parts(a.name);
  const [nameB, numberB] = parts(b.name);
  return nameA < nameB ? -1 : nameA > nameB ? 1 : numberB - numberA;
}

function unreadable(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT') return new AppError('not_found', `${path}: no such file or folder`, { cause });
  if (code === 'EACCES' || code === 'EPERM')
    return new AppError('forbidden', `${path}: no permission to read it`, { cause });
  if (code.startsWith('Z_') || code.startsWith('ZSTD_'))
    return new AppError('malformed', `${path}: broken ${code.startsWith('Z_') ? 'gzip' : 'zstd'} data`, {
      cause,
    });
  return new AppError('unavailable', `${path}: cannot be read`, { cause, retryable: false });
}

/** The unchanged chunks of a file or of standard input. The first one has at least three bytes, if there are that many. */
async function* chunksOf(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK })) {
    const bytes = chunk as Buffer;
    onBytes(bytes.length);
    if (!first) yield bytes;
    else {
      first = first.length === 0 ? bytes : Buffer.concat([first, bytes]);
      if (first.length < GZIP.length) continue;
      yield first;
      first = undefined;
    }
  }
  if (first?.length) yield first;
}

/** Whether a field of that name tells that its object is a record, and no envelope around records. */
const isPartOfRecord = (field: string): boolean => {
  const meaning = meaningOf(field);
  return meaning === 'timestamp' || meaning === 'level' || meaning === 'message';
};

const beginsAs = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);

/** The bytes of a source, unpacked if its name or its first bytes say that it is gzip. */
async function* bytesOf(path: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const chunks = chunksOf(path, onBytes);
  try {
    const { value: first } = await chunks.next();
    async function* all() {
      if (first) yield first;
      yield* chunks;
    }
    const unpack =
      path.endsWith('.gz') || (first && beginsAs(first, GZIP))
        ? createGunzip({ chunkSize: CHUNK })
        : first && beginsAs(first, ZSTD)
          ? createZstdDecompress({ chunkSize: CHUNK })
          : undefined;
    // `pipeline` closes the file when the unpacking ends, and passes its errors on to the loop below.
    const stream = unpack ? pipeline(all, unpack, () => {}) : all();
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await chunks.return(undefined);
  }
}

/** A file that is read. What is known of its times is filled in with its first batch, and by those who read other files. */
interface Reader {
  lines: AsyncGenerator<SourceLine[]>;
  times: SourceTimes;
  /** Undefined before the first batch. */
  own: OwnTimes | undefined;
}

function openReader(file: Found, onBytes: (bytes: number) => void, options: ReadOptions): Reader {
  const reader: Reader = { lines: undefined as never, times: {}, own: undefined };
  reader.lines = readFile(file, reader, onBytes, options);
  return reader;
}

async function* readFile(
  { path, size, changed }: Found,
  reader: Reader,
  onBytes: (bytes: number) => void,
  { joinTraces = true, onColumns, onEncoding, onBinary, timeZone = 'UTC' }: ReadOptions,
): AsyncGenerator<SourceLine[]> {
  const { times } = reader;
  const hint = { times };
  const modified = await modifiedAt(path, changed);
  if (modified !== undefined) times.before = modified;
  // The same file is the same source however its path is written, and so its records have the same ids.
  const source = path === '-' ? path : resolve(path);
  const name = basename(path).replace(/\.(?:gz|zst)$/, '');
  const bytes = textOnly(bytesOf(path, onBytes), (kind) => onBinary?.(path, kind));
  const objects = jsonLines(bytes, /\.(?:json|jsonl|ndjson)$/i.test(name), isPartOfRecord);
  const lines = splitLines(objects, (encoding) => onEncoding?.(path, encoding));
  const rows: AsyncIterable<CsvRow[]> = /\.[ct]sv$/.test(name)
    ? readCsv(lines, (columns) => onColumns?.(path, columns))
    : joinTraces
      ? joinEvents(lines)
      : lines;
  async function learn(first: SourceLine[]): Promise<OwnTimes> {
    const own = learnTimes(first, timeZone, times);
    const dateless = own.lacked === 'day' || times.startedAt !== undefined;
    // How many days such a file spans is known at its end only. A pipe cannot be read twice.
    if (own.whole !== undefined || !dateless || changed === undefined || size <= CHUNK) return own;
    const span = createSpan(times, timeZone);
    for await (const batch of splitLines(bytesOf(path, () => {})))
      for (const { text } of batch) span.add({ text, source, position: '' });
    span.settle();
    return own;
  }
  let out: SourceLine[] = [];
  for await (const batch of rows) {
    for (const { number, text, fields } of batch) {
      if (text.trim() === '') continue;
      const position = String(number);
      out.push(fields ? { text, source, position, hint, fields } : { text, source, position, hint });
    }
    // A file may begin with an event or two that the next ones date; what comes from a pipe is passed on at once.
    if (out.length === 0 || (!reader.own && changed !== undefined && out.length < FEW)) continue;
    reader.own ??= await learn(out);
    yield out;
    out = [];
  }
  if (out.length === 0) return;
  reader.own ??= await learn(out);
  yield out;
}

/** Lines from which it is not learned yet how the times of a file are meant, unless it has no more. */
const FEW = 100;

/** A file that is being merged: the batch in hand, the index of the next line in it, and the time of that line. */
interface Head {
  reader: Reader;
  batch: SourceLine[];
  next: number;
  at: number;
}

/** Lines taken from a file before the files are compared again, and the time that they may be ahead of the other files. */
const SLICE = 50;
const AHEAD_MS = 10_000;
const BATCH = 4_000;

/** The file whose next line is the earliest gives its next lines. The order within a file is never changed. */
async function* mergeByTime(readers: Reader[], timeZone: string): AsyncGenerator<SourceLine[]> {
  if (readers.length === 1) return yield* readers[0]!.lines;
  const read = createTimeReader(timeZone);
  /** The first time in the next lines; without one, the file goes on where it was. */
  const timeOf = ({ batch, next, at }: Pick<Head, 'batch' | 'next' | 'at'>): number => {
    for (const line of batch.slice(next, next + 20)) {
      const found = read(line);
      if (found) return found.ms;
    }
    return at;
  };
  /** The end of a slice: its lines are not much later than the next line of the other files, where they are in order. */
  const sliceEnd = ({ batch, next, at }: Head, others: number): number => {
    const isEarly = (index: number): boolean => timeOf({ batch, next: index, at }) <= others + AHEAD_MS;
    let end = Math.min(next + SLICE, batch.length);
    if (isEarly(end - 1)) return end;
    // What is written slowly would leave the others behind by minutes, and they would look silent.
    for (let early = next; end - early > 1; ) {
      const middle = (early + end) >> 1;
      if (isEarly(middle)) early = middle;
      else end = middle;
    }
    return end;
  };
  const heads = new Set<Head>();
  const refill = async (head: Head): Promise<void> => {
    const { value, done } = await head.reader.lines.next();
    if (done) return void heads.delete(head);
    head.batch = value;
    head.next = 0;
  };
  let out: SourceLine[] = [];
  try {
    for (const reader of readers) {
      const head: Head = { reader, batch: [], next: 0, at: 0 };
      heads.add(head);
      await refill(head);
    }
    dateByOthers([...heads].map(({ reader }) => reader));
    for (const head of heads) head.at = timeOf(head);
    while (heads.size > 0) {
      let first: Head | undefined;
      let others = Number.POSITIVE_INFINITY;
      for (const head of heads) {
        if (first) others = Math.min(others, Math.max(first.at, head.at));
        if (!first || head.at < first.at) first = head;
      }
      if (!first) break;
      const end = sliceEnd(first, others);
      for (const line of first.batch.slice(first.next, end)) out.push(line);
      first.next = end;
      if (first.next >= first.batch.length) await refill(first);
      first.at = timeOf(first);
      if (out.length < BATCH) continue;
      yield out;
      out = [];
    }
    if (out.length > 0) yield out;
  } finally {
    for (const { lines } of readers) await lines.return(undefined);
  }
}

/** A file whose times have no date takes it from the file with dates that began last before it was changed. */
function dateByOthers(readers: readonly Reader[]): void {
  const known = readers.flatMap(({ own }) => own?.whole ?? []);
  if (known.length === 0) return;
  for (const { own, times } of readers) {
    if (own?.whole !== undefined) continue;
    const past = known.filter((ms) => ms <= (times.before ?? Date.now()));
    times.near = Math.max(...(past.length > 0 ? past : known));
  }
}
