import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import type { LogRecord } from '../../domain/record.ts';
import type { Log } from '../../log.ts';
import { backoff, retried, statusError } from './elasticsearch-client.ts';
import { documentId, indexTemplate, type LogDocument, toDocument } from './elasticsearch-document.ts';

/** Documents and characters of one bulk request: far below the server's 100 MB, large enough to be fast. */
const BULK_DOCUMENTS = 1_000;
const BULK_CHARACTERS = 8_000_000;
/** Bulk requests under way at the same time; the server works on each with one thread. */
const BULKS_AT_ONCE = 3;
/** How long a failing request is repeated; whoever writes keeps the records until a write resolves. */
const RETRY_MS = 8_000;
/** How often documents the server was too busy for are sent again. */
const ATTEMPTS = 6;

interface Entry {
  id: string;
  document: LogDocument;
}

/** Writes records so that they are durable (the server's log is synced for each request) and searchable when it resolves. */
export function bulkWriter(options: { client: Client; index: string; place: string; log: Log }) {
  const { client, index, place, log } = options;
  const again = <T>(work: () => Promise<T>) => retried(work, { withinMs: RETRY_MS, place, log });

  let template: Promise<unknown> | undefined;
  /** The template comes before the first document: without it the server would guess a mapping. */
  const prepare = async (): Promise<void> => {
    template ??= again(() => client.indices.putIndexTemplate(indexTemplate(index)));
    try {
      await template;
    } catch (error) {
      template = undefined;
      throw error;
    }
  };

  let lastSeq = 0;
  const nextSeq = (): number => {
    // Grows over restarts too, and stays below 2^53.
    lastSeq = Math.max(lastSeq + 1, Date.now() * 1_000);
    return lastSeq;
  };

  /** One bulk request; what the server was too busy for is sent again. `create` leaves a record alone that is there. */
  const send = async (entries: Entry[]): Promise<void> => {
    let rest = entries;
    if (rest.length === 0) return;
    for (let attempt = 1; ; attempt++) {
      const body = rest.flatMap(({ document, id }) => [{ create: { _id: documentId(id) } }, document]);
      const { items } = await again(() => client.bulk({ index, operations: body }));
      const busy: Entry[] = [];
      let failure: AppError | undefined;
      for (const [at, item] of items.entries()) {
        const { status = 0, error } = item.create ?? {};
        if (!error || status === 409) continue;
        const entry = rest[at]!;
        if (status === 400)
          throw new AppError('malformed', `record ${JSON.stringify(entry.id)}: refused (${error.type})`);
        failure = statusError(
          status,
          error.type,
          (code, what) => new AppError(code, `Elasticsearch at ${place} ${what}`),
        );
        if (!failure.retryable) throw failure;
        busy.push(entry);
      }
      if (!failure) return;
      if (attempt >= ATTEMPTS) throw failure;
      rest = busy;
      await sleep(backoff(attempt));
    }
  };

  return {
    prepare,
    async write(records: LogRecord[]): Promise<void> {
      await prepare();
      const requests: Entry[][] = [[]];
      let characters = 0;
      const flush = () => Promise.all(requests.splice(0, requests.length, []).map(send));
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
      // One refresh for all, when the last is in: asking each request to wait for it would take the server's whole second.
      await again(() => client.indices.refresh({ index }));
    },
  };
}
