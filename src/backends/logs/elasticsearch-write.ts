import { setTimeout as sleep } from 'node:timers/promises';
import type { estypes } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { backoffMs } from '../../domain/retry.ts';
import { BACKOFF_MS, type ElasticIndex, elasticError, retried, statusError } from './elasticsearch-client.ts';
import { documentId, type LogDocument, toDocument } from './elasticsearch-document.ts';
import { type Foreign, nameTakenText, Ownership } from './elasticsearch-ownership.ts';
import { checkRecords, type RefusedRecord, RefusedRecords } from './store.ts';
import { type WriteCall, WriteQueue } from './write-queue.ts';

/** The most records that are written together. */
const GROUP = 5_000;
/** Documents and characters of one bulk request: far below the server's limit of 100 MB, large enough to be fast. */
const BULK_DOCUMENTS = 1_000;
const BULK_CHARACTERS = 8_000_000;
/** Bulk requests at the same time; the server works on each with one thread. */
const BULKS_AT_ONCE = 3;
/** How long a request that fails is tried again; the caller of `write` keeps the records until it resolves. */
const RETRY_MS = 8_000;
/** How often documents are sent that the server is too busy for. */
const ATTEMPTS = 6;

/** Refusals (400) because of the index and not of the document: it is closed, or cannot be made now. */
const OF_THE_INDEX: ReadonlySet<string> = new Set([
  'index_closed_exception',
  'validation_exception',
  'invalid_index_name_exception',
]);
const NO_INDEX = 'index_not_found_exception';

/**
 * An error about the index, or about a request as a whole, is not caused by a record: every write fails until a person
 * mends it, so it becomes `config_invalid`. A record that cannot be turned into JSON was not sent at all.
 */
function asIndexFault(failure: AppError): AppError {
  const ours = failure.cause instanceof Error && failure.cause.name === 'SerializationError';
  return !ours && (failure.code === 'internal' || failure.code === 'not_found')
    ? new AppError('config_invalid', failure.message, { cause: failure.cause })
    : failure;
}
const MAX_REASON = 300;

/** Why a document was refused, without its value (the server's message contains a part of it). */
function reasonOf(error: estypes.ErrorCause): string {
  const { type, reason, caused_by: cause } = error;
  const words = `${type}: ${(reason ?? '').split('. Preview of field')[0]}`;
  return (cause?.type && cause.type !== type ? `${words}, ${cause.type}` : words).slice(0, MAX_REASON);
}

interface Entry {
  id: string;
  document: LogDocument;
}

/** Writes records to an index. When `write` resolves they are durable (the server syncs its log for each request) and searchable. */
export class ElasticWriter {
  readonly #target: ElasticIndex;
  readonly #own: Ownership;
  readonly #queue = new WriteQueue(GROUP, (calls, records) => this.#writeGroup(calls, records));
  #ready: Promise<Foreign | undefined> | undefined;
  #lastSeq = 0;
  /** Why nothing can be written now. A refused record is not a problem of the store. */
  trouble: AppError | undefined;

  constructor(target: ElasticIndex) {
    this.#target = target;
    this.#own = new Ownership(target);
  }

  async write(records: LogRecord[]): Promise<void> {
    checkRecords(records);
    if (records.length > 0) await this.#queue.write(records);
  }

  /** Resolves when nothing is being written. */
  drained(): Promise<void> {
    return this.#queue.drained();
  }

  async #writeGroup(calls: WriteCall[], records: LogRecord[]): Promise<void> {
    try {
      await this.#write(records);
      for (const call of calls) call.resolve();
    } catch (err) {
      this.#target.log.warn({ err, records: records.length }, 'log store: write failed');
      if (!(err instanceof RefusedRecords) || calls.length === 1) for (const call of calls) call.reject(err);
      // Only the call with the refused record must fail, so each call is written by itself.
      else for (const call of calls) await this.#write(call.records).then(call.resolve, call.reject);
    }
  }

  /** @throws AppError */
  async #write(records: LogRecord[]): Promise<void> {
    try {
      await this.#writeBulks(records);
      this.trouble = undefined;
    } catch (error) {
      const failure = elasticError(error, this.#target.place);
      this.trouble = failure instanceof RefusedRecords ? undefined : failure;
      throw failure;
    }
  }

  async #writeBulks(records: LogRecord[]): Promise<void> {
    const { client, index } = this.#target;
    const foreign = await this.#prepare();
    if (foreign) {
      const reason = nameTakenText(foreign, index);
      throw new RefusedRecords(records.map(({ id }) => ({ id, reason })));
    }
    const requests: Entry[][] = [[]];
    const refused: RefusedRecord[] = [];
    let characters = 0;
    const flush = async (): Promise<void> => {
      const sent = requests.splice(0, requests.length, []).map((entries) => this.#send(entries));
      for (const some of await Promise.all(sent)) for (const one of some) refused.push(one);
    };
    for (const record of records) {
      const request = requests.at(-1)!;
      request.push({ id: record.id, document: toDocument(record, this.#nextSeq()) });
      characters += record.line.length * 5;
      if (request.length < BULK_DOCUMENTS && characters < BULK_CHARACTERS) continue;
      if (requests.length < BULKS_AT_ONCE) requests.push([]);
      else await flush();
      characters = 0;
    }
    await flush();
    if (refused.length > 0) throw new RefusedRecords(refused);
    // One refresh for all when the last is in: a request that waits for it by itself would take a whole second.
    await this.#again(() => client.indices.refresh({ index }));
  }

  /** Checks the cluster before the first write; while an object of others prevents writing, before every write. */
  async #prepare(): Promise<Foreign | undefined> {
    this.#ready ??= this.#again(() => this.#own.prepare());
    try {
      const foreign = await this.#ready;
      if (foreign) this.#ready = undefined;
      return foreign;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  /** For a cluster that makes no index by itself (`action.auto_create_index`): the template, then the index. */
  async #makeIndex(): Promise<void> {
    const { client, index, place, log } = this.#target;
    this.#ready = undefined;
    const foreign = await this.#prepare();
    if (foreign) throw new AppError('config_invalid', nameTakenText(foreign, index));
    try {
      await client.indices.create({ index });
      log.info({ index }, 'elasticsearch: index made');
    } catch (error) {
      // Another process may have been faster.
      if (await this.#own.exists()) return;
      throw asIndexFault(elasticError(error, place));
    }
  }

  /** Grows over restarts too, and stays below 2^53. */
  #nextSeq(): number {
    this.#lastSeq = Math.max(this.#lastSeq + 1, Date.now() * 1_000);
    return this.#lastSeq;
  }

  #again<T>(work: () => Promise<T>): Promise<T> {
    const { place, log } = this.#target;
    return retried(work, { withinMs: RETRY_MS, place, log }).catch((error) => {
      throw asIndexFault(elasticError(error, place));
    });
  }

  /**
   * Sends records; in two halves where the server, or a proxy before it, says that the request is too large.
   * @returns what is refused for good
   */
  async #send(entries: Entry[]): Promise<RefusedRecord[]> {
    try {
      return await this.#sendTogether(entries);
    } catch (error) {
      const failure = elasticError(error, this.#target.place);
      if (failure.code !== 'too_large') throw failure;
      if (entries.length === 1)
        return [{ id: entries[0]!.id, reason: 'refused (larger than a request may be)' }];
      const half = entries.length >> 1;
      return [...(await this.#send(entries.slice(0, half))), ...(await this.#send(entries.slice(half)))];
    }
  }

  /**
   * One bulk request; what the server was too busy for is sent again. `create` leaves a record alone that is there.
   * @returns what the server refuses for good
   */
  async #sendTogether(entries: Entry[]): Promise<RefusedRecord[]> {
    const { client, index } = this.#target;
    const refused: RefusedRecord[] = [];
    let rest = entries;
    if (rest.length === 0) return refused;
    for (let attempt = 1; ; attempt++) {
      const body = rest.flatMap(({ document, id }) => [{ create: { _id: documentId(id) } }, document]);
      const { items } = await this.#again(() => client.bulk({ index, operations: body }));
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
        failure = this.#itemError(status, error.type);
        noIndex ||= error.type === NO_INDEX;
        if (!failure.retryable && !noIndex) throw asIndexFault(failure);
        busy.push(entry);
      }
      if (!failure) return refused;
      if (attempt >= ATTEMPTS) throw asIndexFault(failure);
      rest = busy;
      if (noIndex) await this.#makeIndex();
      await sleep(backoffMs(attempt, BACKOFF_MS, 'half'));
    }
  }

  #itemError(status: number, type: string): AppError {
    const { place } = this.#target;
    return statusError(status, type, (code, what) => new AppError(code, `Elasticsearch at ${place} ${what}`));
  }
}
