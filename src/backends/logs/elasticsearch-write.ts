import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, estypes } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { Log } from '../../log.ts';
import { backoff, elasticError, retried, statusError } from './elasticsearch-client.ts';
import { documentId, type LogDocument, toDocument } from './elasticsearch-document.ts';
import { type Foreign, inTheWay, ownership } from './elasticsearch-own.ts';
import { type RefusedRecord, RefusedRecords } from './store.ts';

/** Documents and characters of one bulk request: far below the server's 100 MB, large enough to be fast. */
const BULK_DOCUMENTS = 1_000;
const BULK_CHARACTERS = 8_000_000;
/** Bulk requests under way at the same time; the server works on each with one thread. */
const BULKS_AT_ONCE = 3;
/** How long a failing request is repeated; whoever writes keeps the records until a write resolves. */
const RETRY_MS = 8_000;
/** How often documents the server was too busy for are sent again. */
const ATTEMPTS = 6;

/** Refusals (400) that tell of the index and not of the document: it is closed, or cannot be made now. */
const OF_THE_INDEX: ReadonlySet<string> = new Set([
  'index_closed_exception',
  'validation_exception',
  'invalid_index_name_exception',
]);
const NO_INDEX = 'index_not_found_exception';

/**
 * What the server says of the index, or of a request whole, is the fault of no record: whatever is written fares the same
 * until a person mends it. Records that cannot be written down as JSON never came so far.
 */
function ofTheServer(failure: AppError): AppError {
  const ours = failure.cause instanceof Error && failure.cause.name === 'SerializationError';
  return !ours && (failure.code === 'internal' || failure.code === 'not_found')
    ? new AppError('config_invalid', failure.message, { cause: failure.cause })
    : failure;
}
const MAX_REASON = 300;

/** Why a document was refused, without the value that was: the server shows a piece of it. */
function reasonOf(error: estypes.ErrorCause): string {
  const { type, reason, caused_by: cause } = error;
  const words = `${type}: ${(reason ?? '').split('. Preview of field')[0]}`;
  return (cause?.type && cause.type !== type ? `${words}, ${cause.type}` : words).slice(0, MAX_REASON);
}

interface Entry {
  id: string;
  document: LogDocument;
}

/** Writes records so that they are durable (the server's log is synced for each request) and searchable when it resolves. */
export function bulkWriter(options: { client: Client; index: string; place: string; log: Log }) {
  const { client, index, place, log } = options;
  const again = <T>(work: () => Promise<T>): Promise<T> =>
    retried(work, { withinMs: RETRY_MS, place, log }).catch((error) => {
      throw ofTheServer(elasticError(error, place));
    });

  const own = ownership({ client, index, place, log });
  let ready: Promise<Foreign | undefined> | undefined;
  /** Looks at what is there before the first write; where something is in the way, before every write. */
  const prepare = async (): Promise<Foreign | undefined> => {
    ready ??= again(own.prepare);
    try {
      const foreign = await ready;
      if (foreign) ready = undefined;
      return foreign;
    } catch (error) {
      ready = undefined;
      throw error;
    }
  };

  /** For a cluster that makes no index by itself (`action.auto_create_index`), after its template. */
  const makeIndex = async (): Promise<void> => {
    ready = undefined;
    const foreign = await prepare();
    if (foreign) throw new AppError('config_invalid', inTheWay(foreign, index));
    try {
      await client.indices.create({ index });
      log.info({ index }, 'elasticsearch: index made');
    } catch (error) {
      // Another process may have been faster.
      if (await own.exists()) return;
      throw ofTheServer(elasticError(error, place));
    }
  };

  let lastSeq = 0;
  const nextSeq = (): number => {
    // Grows over restarts too, and stays below 2^53.
    lastSeq = Math.max(lastSeq + 1, Date.now() * 1_000);
    return lastSeq;
  };

  /**
   * Sends records; in halves where the server, or a proxy before it, refuses the request for its size.
   * Gives what is refused for good.
   */
  const send = async (entries: Entry[]): Promise<RefusedRecord[]> => {
    try {
      return await sendTogether(entries);
    } catch (error) {
      const failure = elasticError(error, place);
      if (failure.code !== 'too_large') throw failure;
      if (entries.length === 1)
        return [{ id: entries[0]!.id, reason: 'refused (larger than a request may be)' }];
      const half = entries.length >> 1;
      return [...(await send(entries.slice(0, half))), ...(await send(entries.slice(half)))];
    }
  };

  /**
   * One bulk request; what the server was too busy for is sent again. `create` leaves a record alone that is there.
   * Gives what the server refused for good.
   */
  const sendTogether = async (entries: Entry[]): Promise<RefusedRecord[]> => {
    const refused: RefusedRecord[] = [];
    let rest = entries;
    if (rest.length === 0) return refused;
    for (let attempt = 1; ; attempt++) {
      const body = rest.flatMap(({ document, id }) => [{ create: { _id: documentId(id) } }, document]);
      const { items } = await again(() => client.bulk({ index, operations: body }));
      const busy: Entry[] = [];
      let failure: AppError | undefined;
      let noIndex = false;
      for (const [at, item] of items.entries()) {
        const { status = 0, error } = item.create ?? {};
        if (!error || status === 409) continue;
        const entry = rest[at]!;
        if (status === 400 && !OF_THE_INDEX.has(error.type)) {
          refused.push({ id: entry.id, reason: `refused (${reasonOf(error)})` });
          continue;
        }
        failure = statusError(
          status,
          error.type,
          (code, what) => new AppError(code, `Elasticsearch at ${place} ${what}`),
        );
        noIndex ||= error.type === NO_INDEX;
        if (!failure.retryable && !noIndex) throw ofTheServer(failure);
        busy.push(entry);
      }
      if (!failure) return refused;
      if (attempt >= ATTEMPTS) throw ofTheServer(failure);
      rest = busy;
      if (noIndex) await makeIndex();
      await sleep(backoff(attempt));
    }
  };

  return {
    async write(records: LogRecord[]): Promise<void> {
      const foreign = await prepare();
      if (foreign) {
        const reason = inTheWay(foreign, index);
        throw new RefusedRecords(records.map(({ id }) => ({ id, reason })));
      }
      const requests: Entry[][] = [[]];
      const refused: RefusedRecord[] = [];
      let characters = 0;
      const flush = async (): Promise<void> => {
        for (const some of await Promise.all(requests.splice(0, requests.length, []).map(send)))
          for (const one of some) refused.push(one);
      };
      for (const record of records) {
        const request = requests.at(-1)!;
        request.push({ id: record.id, document: toDocument(record, nextSeq()) });
        characters += record.line.length * 5;
        if (request.length < BULK_DOCUMENTS && characters < BULK_CHARACTERS) continue;
        if (requests.length < BULKS_AT_ONCE) requests.push([]);
        else await flush();
        characters = 0;
      }
      await flush();
      if (refused.length > 0) throw new RefusedRecords(refused);
      // One refresh for all, when the last is in: asking each request to wait for it would take the server's whole second.
      await again(() => client.indices.refresh({ index }));
    },
  };
}

/** Records of waiting writes that are sent together. */
const GROUP = 5_000;

interface Call {
  records: LogRecord[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** One group at a time goes to `write`; what arrives meanwhile is sent together and shares a refresh. */
export function groupedWrites(options: {
  write: (records: LogRecord[]) => Promise<void>;
  place: string;
  log: Log;
}) {
  const { place, log } = options;
  const waiting: Call[] = [];
  let draining: Promise<void> | undefined;

  function nextGroup(): Call[] {
    const calls = [waiting.shift()!];
    let size = calls[0]!.records.length;
    while (waiting.length > 0 && size + waiting[0]!.records.length <= GROUP) {
      calls.push(waiting.shift()!);
      size += calls.at(-1)!.records.length;
    }
    return calls;
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const calls = nextGroup();
      const records = calls.flatMap((call) => call.records);
      try {
        await options.write(records);
        for (const call of calls) call.resolve();
      } catch (error) {
        const failure = elasticError(error, place);
        log.warn({ err: failure, records: records.length }, 'log store: write failed');
        if (!(failure instanceof RefusedRecords) || calls.length === 1)
          for (const call of calls) call.reject(failure);
        // Only the call with the refused record fails: each is written alone.
        else
          for (const call of calls)
            await options
              .write(call.records)
              .then(call.resolve, (cause) => call.reject(elasticError(cause, place)));
      }
    }
    draining = undefined;
  }

  return {
    /** Resolves when the records are durable and searchable. */
    write: (records: LogRecord[]): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject });
        draining ??= drain();
      }),
    /** Resolves when nothing is being written. */
    drained: async (): Promise<void> => draining,
  };
}
