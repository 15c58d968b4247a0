import type { ForeignIndex } from '../../backends/logs/foreign/foreign-index.ts';
import type { MirrorCache, Segment } from '../../backends/logs/foreign/mirror-cache.ts';
import { type LogFilter, type LogStore, RefusedRecords } from '../../backends/logs/store.ts';
import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { HOUR, MINUTE, SECOND } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { indexHealth } from './index-health.ts';
import type { IndexReading } from './index-lines.ts';
import { newestSpan, type Span } from './newest-span.ts';
import { ReadMinutes, type Unread } from './read-minutes.ts';

/** How long the span of the index may be used. */
const SPAN_MS = 3 * SECOND;
/** Windows that are remembered to tell what was not asked about for longest. */
const REMEMBERED = 200;
/** Lines between two looks at the clock. */
const PIECE = 100;

export interface MirrorOptions {
  foreign: ForeignIndex;
  cache: MirrorCache;
  reading: () => Promise<IndexReading | undefined>;
  /** Lines → records with templates. */
  toRecord: (line: ReturnType<IndexReading['lineOf']>) => LogRecord;
  /** Called when something was read, so that other processes learn its templates. */
  onRead?: () => Promise<void>;
  /** Called while documents are read: how many of how many. */
  onProgress?: (done: number, total: number) => void;
  /** Records that are kept; above it, what was not asked about longest goes. One question reads at most half of them. */
  most: number;
  log: Log;
  /** For tests. */
  now?: () => number;
}

/**
 * A log store on an index of others. What a question is about is read first, once, into a cache on this machine, and the cache
 * answers: so it answers as it would for its own records, and the server is only asked for documents and for their number.
 * Before each answer the server counts the documents of the window by minutes, and where there are more than were read, that
 * minute is read again.
 *
 * Records that are written to it (of other sources) are kept in the cache; nothing is ever written to the server.
 */
export class Mirror implements LogStore {
  readonly #options: MirrorOptions;
  readonly #minutes: ReadMinutes;
  readonly #now: () => number;
  /** One window is read after the other. */
  #loading: Promise<void> = Promise.resolve();
  #span: { at: number; found: Promise<Span | undefined> } | undefined;
  /** Windows that were asked for, the latest last. */
  #asked: (TimeWindow & { at: number })[] = [];

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#minutes = new ReadMinutes(options.foreign, options.cache, this.#now);
  }

  get #mostRead(): number {
    return Math.floor(this.#options.most / 2);
  }

  async search(
    filter: LogFilter,
    how: Parameters<LogStore['search']>[1] = {},
  ): ReturnType<LogStore['search']> {
    return this.#options.cache.search(await this.#complete(filter, how.signal), how);
  }

  get(ids: string[]): Promise<LogRecord[]> {
    return this.#options.cache.get(ids);
  }

  async *scan(filter: LogFilter, how: Parameters<LogStore['scan']>[1] = {}): AsyncGenerator<LogRecord[]> {
    yield* this.#options.cache.scan(await this.#complete(filter, how.signal), how);
  }

  async histogram(filter: LogFilter & TimeWindow, bucketMs: number): ReturnType<LogStore['histogram']> {
    await this.#complete(filter);
    return this.#options.cache.histogram(filter, bucketMs);
  }

  async counts(...[filter, by, limit]: Parameters<LogStore['counts']>): ReturnType<LogStore['counts']> {
    return this.#options.cache.counts(await this.#complete(filter), by, limit);
  }

  async requests(filter: LogFilter): ReturnType<LogStore['requests']> {
    return this.#options.cache.requests(await this.#complete(filter));
  }

  async extent(): ReturnType<LogStore['extent']> {
    const [span, kept] = await Promise.all([this.#newest(), this.#options.cache.extent()]);
    if (!span) return kept;
    const { older, records } = span;
    return {
      from: older > 0 ? span.from : Math.min(span.from, kept?.from ?? span.from),
      to: Math.max(span.to, kept?.to ?? span.to),
      records,
      ...(older > 0 ? { older } : {}),
    };
  }

  write(records: LogRecord[]): Promise<void> {
    return this.#options.cache.write(records);
  }

  health(): Promise<Health> {
    const { foreign, reading } = this.#options;
    return indexHealth(foreign, reading, () => this.#newest());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.cache[Symbol.asyncDispose]();
  }

  /**
   * Notes that minutes were read by others, with all their records in this store.
   * @param segments by minute, how many documents the server counted before they were read
   */
  async noteRead(segments: readonly Segment[]): Promise<void> {
    await this.#options.cache.putSegments(segments);
  }

  /** The newest documents that can be read for one question; undefined while there is none. */
  #newest(): Promise<Span | undefined> {
    const at = this.#now();
    if (this.#span && at - this.#span.at < SPAN_MS) return this.#span.found;
    const { foreign, reading } = this.#options;
    const found = reading().then((known) => known && newestSpan(foreign, known.map.time, this.#mostRead));
    this.#span = { at, found };
    found.catch(() => {
      if (this.#span?.found === found) this.#span = undefined;
    });
    return found;
  }

  /**
   * Reads what is missing of a filter's window. A window that begins before the newest span begins with it. One that ends
   * before it is read if both its ends are named; without a beginning it is what was read of that time for other questions.
   * @returns the filter with the window that was read
   */
  async #complete<F extends LogFilter>(filter: F, signal?: AbortSignal): Promise<F> {
    const span = await this.#newest();
    if (!span) return filter;
    if (filter.to !== undefined && filter.to <= span.from) {
      const { from, to } = filter;
      if (from !== undefined && from < to && span.older > 0) await this.#need({ from, to }, signal);
      return filter;
    }
    const from = Math.max(filter.from ?? span.from, span.from);
    const to = Math.min(filter.to ?? span.to, span.to);
    if (from < to) await this.#need({ from, to }, signal);
    return span.older > 0 ? { ...filter, from } : filter;
  }

  async #need(window: TimeWindow, signal: AbortSignal | undefined): Promise<void> {
    this.#asked = [...this.#asked.slice(-REMEMBERED), { ...window, at: this.#now() }];
    if (!this.#minutes.isComplete(window)) await this.#inTurn(() => this.#load(window, signal));
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#loading.then(work);
    this.#loading = mine.catch(() => {});
    return mine;
  }

  async #load(window: TimeWindow, signal: AbortSignal | undefined): Promise<void> {
    // The one before may have read it.
    if (this.#minutes.isComplete(window)) return;
    const reading = await this.#options.reading();
    if (!reading) return;
    const { stretches, done } = await this.#minutes.unread(reading.map.time, window);
    const total = stretches.reduce((sum, { documents }) => sum + documents, 0);
    const isOneMinute = stretches.length === 1 && stretches[0]!.minutes.length === 1;
    if (total > this.#mostRead && !isOneMinute)
      throw new AppError(
        'too_large',
        `${this.#options.foreign.name} holds ${total} lines of this time that were not read yet, and at most ${this.#mostRead} are read for one question; ask for a shorter time, or raise logs.cacheLines`,
      );
    if (total > 0) await this.#makeRoom(total, window);
    let read = 0;
    for (const stretch of stretches)
      read = await this.#read(
        reading,
        stretch,
        signal,
        (now) => this.#options.onProgress?.(Math.min(now, total), total),
        read,
      );
    done();
    if (total > 0) await this.#options.onRead?.();
  }

  /** Reads one stretch. A minute counts as read when a document of a later one comes, so that nothing is lost when it is stopped. */
  async #read(
    { map, lineOf }: IndexReading,
    { minutes, ...window }: Unread,
    signal: AbortSignal | undefined,
    onRead: (documents: number) => void,
    before: number,
  ): Promise<number> {
    const { foreign, cache } = this.#options;
    let read = before;
    let next = 0;
    for await (const documents of foreign.read(map.time, window, signal)) {
      if (signal?.aborted) throw new AppError('stopped', 'the search was stopped');
      const records: LogRecord[] = [];
      for (const [index, document] of documents.entries()) {
        const pause = index % PIECE === 0 ? turn() : undefined;
        if (pause) await pause;
        records.push({ ...this.#options.toRecord(lineOf(document)), timestamp: document.at });
      }
      await this.#write(records);
      const ended = minutes.findIndex(([minute]) => minute >= Math.floor(documents.at(-1)!.at / MINUTE));
      const done = minutes.slice(next, ended < 0 ? minutes.length : ended);
      next += done.length;
      if (done.length > 0) await cache.putSegments(done);
      read += documents.length;
      onRead(read);
    }
    await cache.putSegments(minutes.slice(next));
    return read;
  }

  /** A record that the cache cannot keep is left out and named in the log; the others are written. */
  async #write(records: LogRecord[]): Promise<void> {
    const { cache, log, foreign } = this.#options;
    try {
      await cache.write(records);
    } catch (error) {
      if (!(error instanceof RefusedRecords)) throw error;
      const refused = new Set(error.refused.map(({ id }) => id));
      log.warn(
        { err: error, index: foreign.name, count: refused.size },
        'documents cannot be kept and are left out',
      );
      await cache.write(records.filter(({ id }) => !refused.has(id)));
    }
  }

  /** Forgets what was not asked about longest, whole hours, until there is room. */
  async #makeRoom(records: number, wanted: TimeWindow): Promise<void> {
    const { cache } = this.#options;
    const kept = cache.size() + records > this.#options.most ? await cache.extent() : undefined;
    if (!kept) return;
    const hours = new Map<number, number>();
    const width = HOUR;
    for (let from = Math.floor(kept.from / width) * width; from < kept.to; from += 10_000 * width) {
      const to = Math.min(from + 10_000 * width, kept.to);
      for (const { at, total } of await cache.histogram({ from, to }, width))
        if (total > 0) hours.set(at / width, total);
    }
    const old = [...hours.keys()]
      .filter((hour) => (hour + 1) * HOUR <= wanted.from || hour * HOUR >= wanted.to)
      .map((hour) => ({ hour, at: this.#askedAt({ from: hour * HOUR, to: (hour + 1) * HOUR }) }))
      .sort((a, b) => a.at - b.at || a.hour - b.hour);
    let room = this.#options.most - cache.size();
    for (const { hour } of old) {
      if (room >= records) return;
      const window = { from: hour * HOUR, to: (hour + 1) * HOUR };
      this.#minutes.forget(window);
      await cache.remove(window);
      room += hours.get(hour)!;
    }
  }

  /** When something of a window was asked for last; 0 for never, as far as is remembered. */
  #askedAt({ from, to }: TimeWindow): number {
    return this.#asked.findLast((asked) => asked.from < to && asked.to > from)?.at ?? 0;
  }
}
