import type { LogRecord } from '../../domain/log/record.ts';
import type { Log } from '../../log.ts';
import { elasticError } from './elasticsearch-client.ts';
import { RefusedRecords } from './store.ts';

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
