import type { TimeWindow } from '../../../domain/log/record.ts';
import type { Log } from '../../../log.ts';
import type { CertificateFault } from '../../certificate.ts';
import { retried } from '../elasticsearch-client.ts';
import type { ForeignDocument, ForeignFields, ForeignIndex, TimeField, TimeUnit } from './foreign-index.ts';

/** One request to a search server. Throws AppErrors and tries nothing again. */
export type SearchRequest = (
  request: { method: 'GET' | 'POST' | 'DELETE'; path: string; query?: Record<string, string>; body?: object },
  signal?: AbortSignal,
) => Promise<unknown>;

/** What is different from one kind of search server to the other. */
export interface SearchServer {
  kind: string;
  place: string;
  request: SearchRequest;
  /** The path that makes a point in time for indices, and the field of the reply with its id. */
  pit: {
    path: (indices: string) => string;
    id: string;
    close: (id: string) => { path: string; body: object };
  };
  certificate(): Promise<CertificateFault | undefined>;
  close(): Promise<void>;
}

/** How long a request that fails is tried again, in milliseconds: someone waits for it. */
const RETRY_MS = 2_000;
const KEEP_ALIVE = '5m';
const PAGE = 1_000;
/** The first page shows how large the documents are; the others hold about this many bytes. */
const FIRST_PAGE = 20;
const PAGE_BYTES = 8 * 1024 * 1024;
/** A reply of which a part is missing is an error: what is missing would count as read. */
const WHOLE = { allow_partial_search_results: 'false' };
/** Milliseconds of one unit of a number that is a time. */
const UNIT_MS: Record<Exclude<TimeUnit, 'date'>, number> = {
  seconds: 1_000,
  millis: 1,
  micros: 1e-3,
  nanos: 1e-6,
};

interface Hit {
  _id: string;
  _source?: Record<string, unknown>;
  sort?: (number | string)[];
}
interface Hits {
  hits: { hits: Hit[]; total?: { value: number } };
  pit_id?: string;
}
interface Value {
  value: number | null;
}

/** A time in the unit of the field. */
const inUnit = ({ unit }: TimeField, ms: number): number =>
  unit === 'date' ? ms : Math.round(ms / UNIT_MS[unit]);
const toMs = ({ unit }: TimeField, value: number): number =>
  Math.floor(unit === 'date' ? value : value * UNIT_MS[unit]);

function within(time: TimeField, { from, to }: TimeWindow): object {
  const format = time.unit === 'date' ? { format: 'epoch_millis' } : {};
  return { range: { [time.name]: { gte: inUnit(time, from), lt: inUnit(time, to), ...format } } };
}

/** Dates of any precision are sorted and returned as milliseconds. */
const byTime = ({ name, unit }: TimeField, order: 'asc' | 'desc'): object => ({
  [name]:
    unit === 'date'
      ? { order, numeric_type: 'date', unmapped_type: 'date' }
      : { order, unmapped_type: 'long' },
});

/** An index on a server that speaks the search API of Elasticsearch 7.10, from which both kinds have come. */
export class SearchIndex implements ForeignIndex {
  readonly kind: string;
  readonly place: string;
  readonly name: string;
  readonly #server: SearchServer;
  readonly #log: Log;

  constructor(server: SearchServer, name: string, log: Log) {
    this.kind = server.kind;
    this.place = server.place;
    this.name = name;
    this.#server = server;
    this.#log = log;
  }

  async fields(): Promise<ForeignFields> {
    const found = (await this.#ask('GET', `/${this.#path}/_field_caps`, undefined, {
      fields: '*',
      ignore_unavailable: 'true',
      allow_no_indices: 'true',
    })) as { indices?: string[]; fields?: Record<string, Record<string, unknown>> };
    const types = new Map<string, string[]>();
    for (const [name, byType] of Object.entries(found.fields ?? {})) {
      const own = Object.keys(byType).filter(
        (type) => type !== 'object' && type !== 'nested' && type !== 'unmapped',
      );
      if (own.length > 0 && !name.startsWith('_')) types.set(name, own);
    }
    return { indices: found.indices ?? [], types };
  }

  async sample(count: number, time?: TimeField): Promise<ForeignDocument[]> {
    const found = await this.#search({
      size: Math.min(count, PAGE),
      ...(time ? { query: { exists: { field: time.name } }, sort: [byTime(time, 'desc')] } : {}),
    });
    return documentsOf(found.hits.hits, time);
  }

  async extent(time: TimeField): Promise<(TimeWindow & { records: number }) | undefined> {
    const found = (await this.#search({
      size: 0,
      track_total_hits: true,
      query: { exists: { field: time.name } },
      aggs: { first: { min: { field: time.name } }, last: { max: { field: time.name } } },
    })) as Hits & { aggregations?: { first: Value; last: Value } };
    const { first, last } = found.aggregations ?? {};
    if (typeof first?.value !== 'number' || typeof last?.value !== 'number') return undefined;
    const records = found.hits.total?.value ?? 0;
    return { from: toMs(time, first.value), to: toMs(time, last.value) + 1, records };
  }

  async timeless(time: TimeField): Promise<number> {
    const query = { bool: { must_not: { exists: { field: time.name } } } };
    return (await this.#search({ size: 0, track_total_hits: true, query })).hits.total?.value ?? 0;
  }

  async counts(time: TimeField, window: TimeWindow, bucketMs: number): Promise<Map<number, number>> {
    const { name: field, unit } = time;
    const histogram =
      unit === 'date'
        ? { date_histogram: { field, fixed_interval: `${bucketMs}ms`, min_doc_count: 1 } }
        : { histogram: { field, interval: inUnit(time, bucketMs), min_doc_count: 1 } };
    const found = (await this.#search({
      size: 0,
      query: within(time, window),
      aggs: { slots: histogram },
    })) as Hits & {
      aggregations?: { slots: { buckets: { key: number; doc_count: number }[] } };
    };
    return new Map(
      (found.aggregations?.slots.buckets ?? []).map(({ key, doc_count }) => [
        Math.round(toMs(time, key) / bucketMs),
        doc_count,
      ]),
    );
  }

  async *read(time: TimeField, window: TimeWindow, signal?: AbortSignal): AsyncGenerator<ForeignDocument[]> {
    let pit = await this.#openPit(signal);
    try {
      const page = (size: number, after: Hit['sort']): Promise<Hits> => {
        const body = {
          size,
          track_total_hits: false,
          query: within(time, window),
          sort: [byTime(time, 'asc'), { _shard_doc: 'asc' }],
          pit: { id: pit, keep_alive: KEEP_ALIVE },
          ...(after ? { search_after: after } : {}),
        };
        return this.#ask('POST', '/_search', body, WHOLE, signal) as Promise<Hits>;
      };
      let size = FIRST_PAGE;
      for (let next: Promise<Hits> | undefined = page(size, undefined); next; ) {
        const { hits, pit_id = pit }: Hits = await next;
        pit = pit_id;
        const last: Hit | undefined = hits.hits.at(-1);
        const isFull = hits.hits.length === size;
        size = sizeFor(hits.hits);
        // The server looks for the next page while this one is worked on.
        next = last && isFull ? page(size, last.sort) : undefined;
        next?.catch(() => {});
        if (last) yield documentsOf(hits.hits, time);
      }
    } finally {
      const { path, body } = this.#server.pit.close(pit);
      await this.#server.request({ method: 'DELETE', path, body }).catch((err: unknown) => {
        // The server forgets it by itself after a while.
        this.#log.debug({ err }, 'a point in time was not closed');
      });
    }
  }

  certificate(): Promise<CertificateFault | undefined> {
    return this.#server.certificate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }

  get #path(): string {
    return this.name.split(',').map(encodeURIComponent).join(',');
  }

  async #openPit(signal: AbortSignal | undefined): Promise<string> {
    const { path, id } = this.#server.pit;
    const query = { keep_alive: KEEP_ALIVE };
    const found = (await this.#ask('POST', path(this.#path), undefined, query, signal)) as Record<
      string,
      string
    >;
    return found[id]!;
  }

  async #search(body: object): Promise<Hits> {
    const query = { ignore_unavailable: 'true', allow_no_indices: 'true', ...WHOLE };
    return (await this.#ask('POST', `/${this.#path}/_search`, body, query)) as Hits;
  }

  #ask(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    query: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<unknown> {
    return retried(() => this.#server.request({ method, path, query, ...(body ? { body } : {}) }, signal), {
      withinMs: RETRY_MS,
      place: this.place,
      log: this.#log,
      signal,
    });
  }
}

/** How many documents like these one page may hold; some of them are measured. */
function sizeFor(hits: readonly Hit[]): number {
  const step = Math.max(1, Math.floor(hits.length / 10));
  let bytes = 1;
  let measured = 0;
  for (let at = 0; at < hits.length; at += step) {
    bytes += JSON.stringify(hits[at]!._source ?? '').length;
    measured += 1;
  }
  return Math.max(1, Math.min(PAGE, Math.floor((PAGE_BYTES * measured) / bytes)));
}

const documentsOf = (hits: Hit[], time?: TimeField): ForeignDocument[] =>
  hits.flatMap(({ _id: id, _source: source, sort }) =>
    source ? [{ id, at: time ? toMs(time, Number(sort?.[0])) : Number.NaN, source }] : [],
  );
