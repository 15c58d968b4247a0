import type { Bus } from '../backends/bus/bus.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { JobHandler } from '../backends/queue/queue.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { CollectReport } from '../domain/job/job.ts';
import type { LogRecord } from '../domain/log/record.ts';
import { daysWindow } from '../domain/time/calendar.ts';
import { wasSent } from './already-sent.ts';
import { type Checkpoint, takeCheckpoint } from './checkpoint.ts';

/** Limits of one message; brokers take 1 MiB by default. */
const BATCH = { lines: 1_000, bytes: 700_000 };
/** The header with the name of the batch in a message: `<day>/<number>`. */
const BATCH_HEADER = 'bongsu-batch';

/** Where a batch ends: the time of its last record, and all records of exactly that time up to its end. */
interface ScanPosition {
  at: number;
  ids: string[];
}
interface Progress {
  lines: number;
  batches: number;
  after?: ScanPosition;
  /** A batch that may have been sent: saved before it is. */
  sending?: { batch: number; lines: number; after: ScanPosition };
  done?: boolean;
}

/**
 * Sends one day of the log store to a topic, in the envelope `{"type","timestamp","count","data":[…]}`, in time
 * order. All messages have the day as their key, so they are in one partition, in order.
 *
 * No line is sent twice and no line of the day is left out, also when the worker is killed: before a batch is sent,
 * it is saved up to where it goes, and after a crash the topic itself is asked whether that one batch is on it. A day
 * that was sent is not sent again; lines of that day that come to the store later are not sent.
 */
export function collectHandler(options: {
  logs: LogStore;
  bus: Bus;
  state: StateStore;
  topic: string;
  timeZone: string;
}): JobHandler<'collect'> {
  const { logs, bus, state, topic, timeZone } = options;
  return async ({ day }, { signal, progress }) => {
    const window = daysWindow(day, 1, timeZone);
    const key = `collect/${day}`;
    const name = (batch: number): string => `${day}/${batch}`;
    const checkpoint: Checkpoint<Progress> = await takeCheckpoint(state, `collect/${topic}/${day}`);
    let done: Progress = checkpoint.value ?? { lines: 0, batches: 0 };
    const report = (): CollectReport => ({ day, topic, lines: done.lines, batches: done.batches });
    if (done.done) return report();

    if (done.sending) {
      const { batch, lines, after } = done.sending;
      const there = await wasSent(bus, { topic, key, header: BATCH_HEADER, value: name(batch), signal });
      done = there ? { lines: done.lines + lines, batches: batch, after } : { ...done, sending: undefined };
      await checkpoint.save(done);
    }

    const { total } = await logs.search(window, { limit: 1, signal });
    const tell = () =>
      progress({
        fraction: total > 0 ? Math.min(1, done.lines / total) : 1,
        step: 'step.collect',
        done: done.lines,
        total: Math.max(total, done.lines),
      });
    await tell();

    const send = async (batch: Batch): Promise<void> => {
      signal.throwIfAborted();
      const number = done.batches + 1;
      const after = positionAfter(done.after, batch.records);
      const lines = batch.records.length;
      await checkpoint.save({ ...done, sending: { batch: number, lines, after } });
      await bus.publish(topic, [{ key, value: batch.text(), headers: { [BATCH_HEADER]: name(number) } }]);
      done = { lines: done.lines + lines, batches: number, after };
      await tell();
    };

    let batch = new Batch();
    const known = new Set(done.after?.ids);
    const from = done.after?.at ?? window.from;
    for await (const records of logs.scan({ ...window, from }, { signal })) {
      signal.throwIfAborted();
      for (const record of records) {
        if (record.timestamp === done.after?.at && known.has(record.id)) continue;
        if (batch.isFullWith(record)) {
          await send(batch);
          batch = new Batch();
        }
        batch.add(record);
      }
    }
    if (batch.records.length > 0) await send(batch);
    signal.throwIfAborted();
    done = { ...done, done: true };
    await checkpoint.save(done);
    return report();
  };
}

/** A record as it is sent: the raw line and what was read from it. */
function wire({ id, timestamp, level, service, host, line, errorCode, traceId }: LogRecord): string {
  return JSON.stringify({
    id,
    timestamp: new Date(timestamp).toISOString(),
    level,
    service,
    host,
    line,
    error_code: errorCode,
    trace_id: traceId,
  });
}

class Batch {
  readonly records: LogRecord[] = [];
  readonly #texts: string[] = [];
  #bytes = 0;
  #next: { record: LogRecord; text: string } | undefined;

  #textOf(record: LogRecord): string {
    if (this.#next?.record !== record) this.#next = { record, text: wire(record) };
    return this.#next.text;
  }

  isFullWith(record: LogRecord): boolean {
    if (this.records.length === 0) return false;
    const bytes = Buffer.byteLength(this.#textOf(record)) + 1;
    return this.records.length >= BATCH.lines || this.#bytes + bytes > BATCH.bytes;
  }

  add(record: LogRecord): void {
    const text = this.#textOf(record);
    this.records.push(record);
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text) + 1;
  }

  text(): string {
    const timestamp = new Date(this.records[0]!.timestamp).toISOString();
    return `{"type":"application","timestamp":"${timestamp}","count":${this.records.length},"data":[${this.#texts.join(',')}]}`;
  }
}

/** Where the next batch begins; records of one instant may be in several batches. */
function positionAfter(before: ScanPosition | undefined, records: readonly LogRecord[]): ScanPosition {
  const at = records.at(-1)!.timestamp;
  const ids = records.filter(({ timestamp }) => timestamp === at).map(({ id }) => id);
  return { at, ids: before?.at === at ? [...before.ids, ...ids] : ids };
}
