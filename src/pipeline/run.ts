import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../backends/bus/bus.ts';
import { type LogStore, RefusedRecords } from '../backends/logs/store.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { Anomaly } from '../domain/alert/anomaly.ts';
import { AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { Language } from '../domain/question/question.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { createDetector, type Detector } from './detect/detector.ts';
import { byPartition, DetectorStates } from './detect/state.ts';
import { createMiner, type MinerState } from './mining/miner.ts';
import { shareTemplates } from './mining/shared-templates.ts';
import { datedByNext } from './normalize/line-time.ts';
import { createNormalizer } from './normalize/normalize.ts';
import type { RefusedFile, RefusedLine } from './refused-records.ts';
import type { SourceLine, Stage } from './source-line.ts';
import { subscribeLogStream } from './sources/log-stream.ts';

export interface PipelineOptions {
  logs: LogStore;
  bus: Bus;
  topics: Config['topics'];
  detect: Config['detect'];
  language: Language;
  timeZone: string;
  metrics: Metrics;
  log: Log;
  /** Where what is learned is kept over restarts; without it, it is in memory only. */
  state?: StateStore;
  /** Consumer group; what other groups have learned is not ours. */
  group?: string;
  /** Keeps the lines of files and collectors that the store refuses; without it they are only counted and logged. */
  refused?: Pick<RefusedFile, 'add'>;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

export interface RunTotals {
  lines: number;
  /** Templates known after the run, from all sources. */
  templates: number;
  anomalies: number;
  /** Lines among them that the log store refused; absent when it took all. */
  refused?: number;
  /** Why it refused the first of them. */
  reason?: string;
}

export interface Pipeline {
  /**
   * Takes a source that ends. When the next batch is pulled, the one before is stored and its anomalies published.
   * @param options.progress called after each batch that is safe
   * Throws AppError `stopped` when `signal` aborts, `storage_full` and other errors that waiting does not mend.
   */
  run(
    lines: AsyncIterable<SourceLine[]> | Iterable<SourceLine[]>,
    options?: { signal?: AbortSignal; source?: string; progress?: (totals: RunTotals) => void },
  ): Promise<RunTotals>;
  /**
   * Takes lines of a source without an end. When it resolves, their records are stored and their anomalies published:
   * the moment to acknowledge them. While a backend is away it waits. Throws AppError `stopped` when `signal` aborts.
   */
  take(lines: SourceLine[], options: { source: string; signal?: AbortSignal }): Promise<void>;
  /** Consumes the topic `log-stream` until disposed. */
  consume(options: { group: string }): Promise<AsyncDisposable>;
  /**
   * Goes on with what was learned earlier, and lets time pass: every few seconds the detectors are asked what is
   * missing, people's judgements are read, and now and then what was learned is saved; also when disposed.
   */
  live(): Promise<AsyncDisposable>;
  /** State of the miner, to begin with the same templates after a restart. */
  save(): MinerState;
  restore(state: MinerState): void;
}

/** Lines with the records made of them, in the same order. */
interface Batch {
  lines: SourceLine[];
  records: LogRecord[];
}
/** What the steps after the detector work on. */
interface Judged extends Batch {
  anomalies: Anomaly[];
}
interface Stored extends Judged {
  refused: RefusedLine[];
}

interface Retry {
  /** Whether the source ends: the detector then judges its open buckets, and a full disk is an error. */
  ends: boolean;
  signal?: AbortSignal;
}
interface Flow extends Retry {
  /** The part of the stream it is: what is learned from it is kept apart. */
  part: string;
  /** Label of the metrics. */
  source: string;
  /** Keeps what the store refuses; resolves when it is safe. */
  aside: (refused: RefusedLine[]) => Promise<void>;
  progress?: (totals: RunTotals) => void;
}

/** What this process reads itself: files, and what is sent to its collectors. */
const LOCAL = 'local';
/** How often the detectors are asked what is missing; judgements are read and state is saved every so many times. */
const TICK_MS = 2_000;
const HEAR_TICKS = 5;
const SAVE_TICKS = 30;
const MAX_UNPUBLISHED = 1_000;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 15_000;
/** What a person has to mend: no space, no rights, something of others in the way, a damaged file. */
const FOR_A_PERSON: ReadonlySet<ErrorCode> = new Set([
  'storage_full',
  'unauthorized',
  'config_invalid',
  'malformed',
]);
/** How long the batch in hand may take when the pipeline stops. */
const DRAIN_MS = 3_000;
/** Records of one write to the store: larger batches would hold up others that use it. */
const WRITE = 4_000;

/** The whole pipeline: line → record → template → anomaly → (log store, bus). */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { logs, bus, topics, metrics, log } = options;
  const normalize = createNormalizer({ timeZone: options.timeZone, now: options.now });
  const { now = Date.now } = options;
  const miner = createMiner();
  const learned = new DetectorStates({
    state: options.state,
    templates: options.state && shareTemplates(miner, { state: options.state, log }),
    scope: options.group ?? 'bongsu',
    make: () =>
      createDetector({ ...options.detect, language: options.language, timeZone: options.timeZone, now }),
    log,
    now,
  });

  const normalized: Stage<SourceLine[], Batch> = async function* (batches) {
    for await (const lines of batches) yield { lines, records: lines.map(normalize) };
  };

  const mined: Stage<Batch, Batch> = async function* (batches) {
    for await (const batch of batches) {
      for (const record of batch.records) record.template = miner.add(record.message).template;
      yield batch;
    }
  };

  const judged = (detector: Detector, ends: boolean): Stage<Batch, Judged> =>
    async function* (batches) {
      for await (const batch of batches) yield { ...batch, anomalies: detector.add(batch.records) };
      if (ends) yield { lines: [], records: [], anomalies: detector.flush() };
    };

  const stored = ({ source, aside, ...how }: Flow): Stage<Judged, Stored> =>
    async function* (batches) {
      for await (const batch of batches) {
        const { lines, records } = batch;
        const refused: RefusedLine[] = [];
        for (let at = 0; at < records.length; at += WRITE) {
          const reasons = await write(records.slice(at, at + WRITE), how);
          for (let index = at; reasons.size > 0 && index < Math.min(at + WRITE, records.length); index++) {
            const reason = reasons.get(records[index]!.id);
            if (reason) refused.push({ line: lines[index]!, reason });
          }
        }
        if (refused.length > 0) await persist(() => aside(refused), 'refused lines', how);
        metrics.records.inc({ source }, records.length - refused.length);
        yield { ...batch, refused };
      }
    };

  const published = (how: Retry): Stage<Stored, Stored> =>
    async function* (batches) {
      for await (const batch of batches) {
        if (batch.anomalies.length > 0) await persist(() => announce(batch.anomalies), 'bus', how);
        yield batch;
      }
    };

  async function announce(anomalies: Anomaly[]): Promise<void> {
    await bus.publish(
      topics.anomalies,
      anomalies.map((anomaly) => ({ key: anomaly.service, value: JSON.stringify(anomaly) })),
    );
    for (const anomaly of anomalies) metrics.anomaliesPublished.inc({ status: anomaly.anomaly_status });
  }

  /** Writes records, without those that the store refuses for what they are. Gives their ids with the reasons. */
  async function write(records: LogRecord[], how: Retry): Promise<Map<string, AppError>> {
    const refused = new Map<string, AppError>();
    for (let rest = records; rest.length > 0; ) {
      try {
        await persist(() => logs.write(rest), 'log store', how);
        break;
      } catch (error) {
        if (!(error instanceof RefusedRecords)) throw error;
        for (const { id, reason } of error.refused) refused.set(id, new AppError('malformed', reason));
        const left = rest.filter(({ id }) => !refused.has(id));
        // It names a record that is not among them: asking again would never end.
        if (left.length === rest.length) throw error;
        rest = left;
      }
    }
    return refused;
  }

  /** Lines that come from no topic. */
  async function keepAside(source: string, refused: RefusedLine[]): Promise<void> {
    metrics.recordsRefused.inc({ source }, refused.length);
    const { line, reason } = refused[0]!;
    log.warn(
      { err: reason, source: line.source, position: line.position, count: refused.length },
      'the log store refused lines',
    );
    await options.refused?.add(refused);
  }

  /** Tries until it works or cannot work: what was accepted is never dropped because a backend is away. */
  async function persist(attempt: () => Promise<void>, what: string, { signal, ends }: Retry): Promise<void> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(LAST_RETRY_MS, wait * 2)) {
      if (signal?.aborted)
        throw new AppError('stopped', 'the pipeline was stopped', { cause: signal.reason });
      try {
        return await attempt();
      } catch (cause) {
        const error = toAppError(cause);
        if (error instanceof RefusedRecords) throw error;
        // A source without an end waits for that person as well; one that ends tells whoever started it.
        if (!error.retryable && (ends || !FOR_A_PERSON.has(error.code))) throw error;
        const delay = error.retryAfterMs ?? wait * (0.5 + Math.random());
        log.warn({ err: error, retryMs: Math.round(delay) }, `${what} failed, trying again`);
        await sleep(delay, undefined, { signal }).catch(() => {});
      }
    }
  }

  async function* untilStopped<T>(batches: AsyncIterable<T> | Iterable<T>, signal?: AbortSignal) {
    for await (const batch of batches) {
      if (signal?.aborted)
        throw new AppError('stopped', 'the pipeline was stopped', { cause: signal.reason });
      yield batch;
    }
  }

  async function flow(
    lines: AsyncIterable<SourceLine[]> | Iterable<SourceLine[]>,
    how: Flow,
  ): Promise<RunTotals> {
    const detector = await learned.of(how.part);
    const totals: RunTotals = { lines: 0, templates: miner.size, anomalies: 0 };
    const accepted = untilStopped(lines, how.signal);
    // A live stream's line without a time is of the present; a file's is of the file's own time.
    const dated = how.ends ? datedByNext(options.timeZone)(accepted) : accepted;
    const safe = published(how)(stored(how)(judged(detector, how.ends)(mined(normalized(dated)))));
    for await (const { records, anomalies, refused } of safe) {
      totals.lines += records.length;
      if (refused.length > 0) {
        totals.refused = (totals.refused ?? 0) + refused.length;
        totals.reason ??= refused[0]!.reason.message;
      }
      totals.anomalies += anomalies.length;
      totals.templates = miner.size;
      how.progress?.(totals);
    }
    return totals;
  }

  /** Lets time pass for the detectors. What cannot be published is kept for the next time. */
  async function tickUntil(signal: AbortSignal): Promise<void> {
    let unpublished: Anomaly[] = [];
    for (let ticks = 0; ; ticks++) {
      await sleep(TICK_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        const held = inHand > 0 || !(await bus.health()).ok;
        for (const detector of learned.all()) unpublished.push(...detector.tick(now(), held));
        if (unpublished.length > 0) {
          await announce(unpublished);
          unpublished = [];
        }
        if (ticks % HEAR_TICKS === 0) await learned.readFeedback();
      } catch (error) {
        log.warn({ err: error }, 'bus or state store failed between records, tried again');
        unpublished = unpublished.slice(-MAX_UNPUBLISHED);
      }
      if (ticks % SAVE_TICKS === SAVE_TICKS - 1) await learned.save();
    }
  }

  /** Batches of live sources that are not safe yet: while there are any, what is silent may only be waiting. */
  let inHand = 0;
  async function takeBatch(lines: SourceLine[], how: Omit<Flow, 'ends'>): Promise<void> {
    inHand += 1;
    try {
      await flow([lines], { ...how, ends: false });
    } finally {
      inHand -= 1;
    }
  }

  const local = (source: string) => ({
    source,
    part: LOCAL,
    aside: (refused: RefusedLine[]) => keepAside(source, refused),
  });
  const take: Pipeline['take'] = (lines, { source, ...how }) =>
    takeBatch(lines, { ...how, ...local(source) });

  return {
    run: (lines, { source = 'file', ...rest } = {}) => flow(lines, { ...rest, ...local(source), ends: true }),
    take,
    async consume({ group }) {
      const stop = new AbortController();
      const subscription = await subscribeLogStream(
        { bus, topic: topics.logs, group, timeZone: options.timeZone, metrics, log },
        async (lines, aside) => {
          for (const [part, own] of byPartition(lines))
            await takeBatch(own, { source: topics.logs, part, aside, signal: stop.signal });
        },
      );
      return {
        async [Symbol.asyncDispose]() {
          // The batch in hand may finish; while a backend is away it goes back to the bus instead.
          const timer = setTimeout(() => stop.abort(), DRAIN_MS);
          await subscription[Symbol.asyncDispose]();
          clearTimeout(timer);
        },
      };
    },
    save: () => miner.save(),
    restore: (state) => miner.restore(state),
    async live() {
      await learned.of(LOCAL);
      const stop = new AbortController();
      const ticking = tickUntil(stop.signal);
      return {
        async [Symbol.asyncDispose]() {
          stop.abort();
          await ticking;
          await learned.save();
        },
      };
    },
  };
}
