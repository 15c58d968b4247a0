import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../backends/bus/bus.ts';
import type { LogStore } from '../backends/logs/store.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { Config } from '../config/config.ts';
import type { Anomaly } from '../domain/alert/anomaly.ts';
import type { LogRecord } from '../domain/log/record.ts';
import type { SourceLine } from '../domain/log/source-line.ts';
import type { Language } from '../domain/question/question.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { createDetector, type Detector } from './detect/detector.ts';
import { byPartition, DetectorStates } from './detect/state.ts';
import { createMiner, type Miner, type MinerState } from './mining/miner.ts';
import { shareTemplates } from './mining/shared-templates.ts';
import { datedByNext, type UndatedSource } from './normalize/line-time.ts';
import { createNormalizer } from './normalize/normalize.ts';
import { ReadSpan } from './read-span.ts';
import { type Persistence, Sinks, throwIfStopped } from './sinks.ts';
import { subscribeLogStream } from './sources/log-stream.ts';
import type { RefusedFile, RefusedLine } from './sources/refused-records.ts';
import { judged, judgedToEnd, mined, normalized, published, stored } from './stages.ts';

export interface PipelineOptions {
  logs: LogStore;
  bus: Bus;
  topics: Config['topics'];
  detect: Config['detect'];
  language: Language;
  timeZone: string;
  metrics: Metrics;
  log: Log;
  /** Keeps what was learned over restarts; without it, it is in memory only. */
  state?: StateStore;
  /** Consumer group; each group learns apart from the others. */
  group?: string;
  /** Keeps the lines of files and collectors that the store refuses; without it they are only counted and logged. */
  refused?: Pick<RefusedFile, 'add'>;
  /** Shared with what else finds templates in this process; a new one when absent. */
  miner?: Miner;
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
  /** Sources of the run in which no line has a time; absent when there are none. */
  undated?: UndatedSource[];
  /** From when to when its records are (epoch milliseconds), and whose they are; of a source that ends. */
  extent?: { from: number; to: number };
  services?: string[];
  /** Its records with the level error or fatal. */
  errors?: number;
}

type Batches = AsyncIterable<SourceLine[]> | Iterable<SourceLine[]>;

interface RunOptions {
  signal?: AbortSignal;
  /** Label of the metrics; `file` when absent. */
  source?: string;
  /** Called after each batch that is stored and published. */
  progress?: (totals: RunTotals) => void;
}

export interface Pipeline {
  /**
   * Takes a source that ends. When the next batch is pulled, the one before is stored and its anomalies are published.
   * @throws AppError `stopped` when `signal` aborts; `storage_full` and other errors that waiting does not mend
   */
  run(lines: Batches, options?: RunOptions): Promise<RunTotals>;
  /**
   * Takes lines of a source without an end. When it resolves, their records are stored and their anomalies published:
   * the moment to acknowledge them. While a backend is away it waits.
   * @throws AppError `stopped` when `signal` aborts
   */
  take(lines: SourceLine[], options: { source: string; signal?: AbortSignal }): Promise<void>;
  /** Consumes the topic `log-stream` until disposed. */
  consume(options: { group: string }): Promise<AsyncDisposable>;
  /**
   * Loads what was learned earlier and starts what is done by the clock: every few seconds the detectors are asked what
   * is missing, feedback of people is read, and now and then what was learned is saved; also when disposed.
   */
  startTimers(): Promise<AsyncDisposable>;
  /** State of the miner, to begin with the same templates after a restart. */
  save(): MinerState;
  restore(state: MinerState): void;
}

/** How one source goes through the pipeline. */
interface Flow extends Persistence {
  /** The part of the stream that it belongs to; each part has a detector of its own. */
  part: string;
  /** Label of the metrics. */
  source: string;
  /** Keeps lines that the store refuses; resolves when they are safe. */
  aside: (refused: RefusedLine[]) => Promise<void>;
  progress?: (totals: RunTotals) => void;
}

/** The part of what this process reads itself: files, and what is sent to its collectors. */
const LOCAL = 'local';
/** How often the detectors are asked what is missing, in milliseconds; other work runs after a number of these intervals. */
const TICK_MS = 2_000;
const FEEDBACK_TICKS = 5;
const SAVE_TICKS = 30;
/** Anomalies found by the clock that may wait for the bus. */
const MAX_UNPUBLISHED = 1_000;
/** How long the batch in hand may take when the pipeline stops, in milliseconds. */
const DRAIN_MS = 3_000;

/** The whole pipeline: line → record → template → anomaly → (log store, bus). */
export const createPipeline = (options: PipelineOptions): Pipeline => new StreamPipeline(options);

class StreamPipeline implements Pipeline {
  readonly #options: PipelineOptions;
  readonly #now: () => number;
  readonly #normalize: (line: SourceLine) => LogRecord;
  readonly #miner: Miner;
  readonly #newDetector: () => Detector;
  readonly #learned: DetectorStates;
  readonly #sinks: Sinks;
  /** Batches of live sources that are not stored yet: while there are any, a service that is silent may only be waiting. */
  #inHand = 0;

  constructor(options: PipelineOptions) {
    const { logs, bus, topics, metrics, log, state, language, timeZone, now = Date.now } = options;
    this.#options = options;
    this.#miner = options.miner ?? createMiner();
    this.#now = now;
    this.#normalize = createNormalizer({ timeZone, now: options.now });
    this.#newDetector = () => createDetector({ ...options.detect, language, timeZone, now });
    this.#learned = new DetectorStates({
      state,
      templates: state && shareTemplates(this.#miner, { state, log }),
      scope: options.group ?? 'bongsu',
      make: this.#newDetector,
      log,
      now,
    });
    this.#sinks = new Sinks({ logs, bus, topic: topics.anomalies, metrics, log });
  }

  /** A field, so that it can be passed on without the pipeline: collectors only get this. */
  readonly take: Pipeline['take'] = (lines, { source, signal }) =>
    this.#takeBatch(lines, { ...this.#local(source), signal });

  run(lines: Batches, { source = 'file', ...rest }: RunOptions = {}): Promise<RunTotals> {
    return this.#flow(lines, { ...rest, ...this.#local(source), ends: true });
  }

  async consume({ group }: { group: string }): Promise<AsyncDisposable> {
    const { bus, topics, timeZone, metrics, log } = this.#options;
    const stop = new AbortController();
    const subscription = await subscribeLogStream(
      { bus, topic: topics.logs, group, timeZone, metrics, log },
      async (lines, aside) => {
        for (const [part, own] of byPartition(lines))
          await this.#takeBatch(own, { source: topics.logs, part, aside, signal: stop.signal });
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
  }

  async startTimers(): Promise<AsyncDisposable> {
    await this.#learned.of(LOCAL);
    const stop = new AbortController();
    const ticking = this.#tickUntil(stop.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await ticking;
        await this.#learned.save();
      },
    };
  }

  save(): MinerState {
    return this.#miner.save();
  }

  restore(state: MinerState): void {
    this.#miner.restore(state);
  }

  async #takeBatch(lines: SourceLine[], how: Omit<Flow, 'ends'>): Promise<void> {
    this.#inHand += 1;
    try {
      await this.#flow([lines], { ...how, ends: false });
    } finally {
      this.#inHand -= 1;
    }
  }

  async #flow(lines: Batches, how: Flow): Promise<RunTotals> {
    const { source, ends } = how;
    const detector = await this.#learned.of(how.part);
    const totals: RunTotals = { lines: 0, templates: this.#miner.size, anomalies: 0 };
    const accepted = untilStopped(lines, how.signal);
    // A line without a time is from the present in a live stream; in a file it has the time of the lines around it.
    const onUndated = (one: UndatedSource) => {
      totals.undated = [...(totals.undated ?? []), one];
    };
    const dated = ends ? datedByNext(this.#options.timeZone, onUndated)(accepted) : accepted;
    const onStored = (count: number) => this.#options.metrics.records.inc({ source }, count);
    const toRecords = normalized(this.#normalize);
    const toTemplates = mined(this.#miner);
    const toAnomalies = ends ? judgedToEnd(detector, this.#newDetector) : judged(detector);
    const toStore = stored(this.#sinks, { ...how, onStored });
    const toBus = published(this.#sinks, how);
    const safe = toBus(toStore(toAnomalies(toTemplates(toRecords(dated)))));
    const span = ends ? new ReadSpan() : undefined;
    for await (const { records, anomalies, refused } of safe) {
      totals.lines += records.length;
      span?.add(records);
      if (refused.length > 0) {
        totals.refused = (totals.refused ?? 0) + refused.length;
        totals.reason ??= refused[0]!.reason.message;
      }
      // The end of a trouble, and its last lines, are none.
      totals.anomalies += anomalies.filter(({ anomaly_status }) => anomaly_status !== 'normal').length;
      totals.templates = this.#miner.size;
      how.progress?.(totals);
    }
    return span
      ? {
          ...totals,
          ...(span.extent ? { extent: span.extent } : {}),
          services: span.services,
          errors: span.errors,
        }
      : totals;
  }

  /** How lines are taken that come from no topic. */
  #local(source: string): Pick<Flow, 'source' | 'part' | 'aside'> {
    const { metrics, log, refused: file } = this.#options;
    return {
      source,
      part: LOCAL,
      async aside(refused) {
        metrics.recordsRefused.inc({ source }, refused.length);
        const { line, reason } = refused[0]!;
        log.warn(
          { err: reason, source: line.source, position: line.position, count: refused.length },
          'the log store refused lines',
        );
        await file?.add(refused);
      },
    };
  }

  /** Asks the detectors what is missing. Anomalies that cannot be published are kept for the next time. */
  async #tickUntil(signal: AbortSignal): Promise<void> {
    const { bus, log } = this.#options;
    let unpublished: Anomaly[] = [];
    for (let ticks = 0; ; ticks++) {
      await sleep(TICK_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        const held = this.#inHand > 0 || !(await bus.health()).ok;
        for (const detector of this.#learned.all()) unpublished.push(...detector.tick(this.#now(), held));
        if (unpublished.length > 0) {
          await this.#sinks.publish(unpublished);
          unpublished = [];
        }
        if (ticks % FEEDBACK_TICKS === 0) await this.#learned.readFeedback();
      } catch (error) {
        log.warn({ err: error }, 'bus or state store failed between records, tried again');
        unpublished = unpublished.slice(-MAX_UNPUBLISHED);
      }
      if (ticks % SAVE_TICKS === SAVE_TICKS - 1) await this.#learned.save();
    }
  }
}

async function* untilStopped<T>(batches: AsyncIterable<T> | Iterable<T>, signal?: AbortSignal) {
  for await (const batch of batches) {
    throwIfStopped(signal);
    yield batch;
  }
}
