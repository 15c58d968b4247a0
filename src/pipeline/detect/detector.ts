import type { Anomaly } from '../../domain/alert/anomaly.ts';
import type { Feedback } from '../../domain/alert/feedback.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { LruMap } from '../lru-map.ts';
import { rememberFindings, signalsOf } from './gather.ts';
import { createWatch, type Finding, type WatchState } from './lines/line-detectors.ts';
import { createReporter, type Episode, leading } from './report.ts';
import { FIRST_FATAL } from './services/beginning.ts';
import { createServiceNames } from './services/names.ts';
import { type ServiceSaved, ServiceState } from './services/service-window.ts';
import type { Signal } from './services/signal.ts';
import { countFor } from './statistics/series.ts';
import { createStreamClock } from './stream-clock.ts';
import { createHabits, type HabitsState } from './suppression.ts';

export interface DetectOptions {
  /** Records that are learned from before anything is scored. */
  warmup: number;
  bucketMs: number;
  /** Confidence from which an anomaly is a warning / critical. */
  warning: number;
  critical: number;
  language: Language;
  /** IANA zone of the times in explanations. */
  timeZone: string;
  /** The wall clock, epoch milliseconds; for tests. */
  now?: () => number;
}

/** What `save` gives and `restore` takes: plain JSON. */
export interface DetectorState {
  version: 1;
  seen: number;
  newest: number;
  /** Records dated far ahead of all others, not judged yet. */
  ahead?: LogRecord[];
  watch: WatchState;
  habits: HabitsState;
  services: ServiceSaved[];
  episodes: [service: string, episode: Episode][];
}

export interface Detector {
  /** Takes records with templates, in the order they came; gives the anomalies that became certain with them. */
  add(records: LogRecord[]): Anomaly[];
  /**
   * Lets time pass where no records come: what is missing is noticed, and open buckets are judged. The records' time
   * goes on from where it was, at the speed of the wall clock.
   * @param now wall clock, epoch milliseconds; to be called every few seconds
   * @param held records may be waiting because a backend is away: time stands still, or all would seem silent
   */
  tick(now: number, held?: boolean): Anomaly[];
  /** Judges the open buckets: after the last record of a source that ends. What is regular in it is not missed. */
  flush(): Anomaly[];
  /** A person's judgement: moves the threshold of this service, template and detector, within bounds. */
  learn(feedback: Feedback): void;
  save(): DetectorState;
  /** Takes the place of what was learned so far. */
  restore(state: DetectorState): void;
}

/** Buckets without any signal after which a problem is over. */
const QUIET = 12;
/** Reports of one problem come at most this many buckets apart. */
const MAX_STEP = 32;
/** Errors in a bucket below which nothing is critical. */
const MIN_CRITICAL = 5;
/** A record this many buckets older than its service's open bucket is not counted: it came too late. */
const LATE_BUCKETS = 2;
/** So many late ones in a row: the clock was wrong before, not now. */
const CLOCK_RESET = 50;
const MAX_SERVICES = 2_000;

/**
 * Finds anomalies online. Per service: error bursts, changed rates and new error messages, judged against that
 * service's own past. Per line, session and period: what `detect/watch.ts` finds. Time is the records' own, so a replay
 * finds what the live run found. Signals of one service in one bucket are one anomaly; a problem that lasts is
 * reported after 1, 2, 4 … buckets with its counts. Critical problems are told at the line that makes them certain,
 * warnings when their bucket closes.
 */
export function createDetector(options: DetectOptions): Detector {
  const { bucketMs } = options;
  const names = createServiceNames();
  const report = createReporter({ ...options, namedIn: names.namedIn });
  const watch = createWatch();
  const habits = createHabits();
  /** Services with something in their open bucket that was not judged yet. */
  const waiting = new Set<ServiceState>();
  const services = new LruMap<string, ServiceState>(MAX_SERVICES, (_, gone) => waiting.delete(gone));
  const episodes = new LruMap<string, Episode>(MAX_SERVICES);
  let seen = 0;
  let watermark = 0;
  const wall = options.now ?? Date.now;
  const clock = createStreamClock(wall);
  /** How far the wall clock is ahead of the newest record; undefined while no source is live. */
  let lag: number | undefined;
  let seenAtTick = 0;
  /** The records' time at the last tick. */
  let ticked = 0;

  /** Everything the detectors notice in a service's open bucket, as people's judgements weigh it. */
  function noticed(service: ServiceState): Signal[] {
    const signals = [...service.signals(), ...signalsOf(service, habits)];
    const lead = leading(signals, 'warning')?.id ?? '';
    for (const signal of signals)
      signal.confidence = habits.weighed(
        signal.confidence,
        service.name,
        signal.template?.id ?? lead,
        signal.detector,
      );
    return signals.sort((a, b) => b.confidence - a.confidence);
  }

  /** What was there during the warm-up is usual, and a service needs a past of its own. */
  const isYoung = (service: ServiceState): boolean =>
    service.seen < options.warmup || service.before < options.warmup / 10;

  /** What of a young service needs no past to be compared with, unless something of the kind was told already. */
  function withoutPast(service: ServiceState, now: number): Signal[] {
    if (service.told) return [];
    const failing = service.failing(now);
    const fatal = noticed(service)
      .filter(({ detector, template }) => detector === 'new-template' && template?.level === 'fatal')
      .map((signal) => ({ ...signal, confidence: Math.max(signal.confidence, FIRST_FATAL) }));
    return [...(failing ? [failing] : []), ...fatal]
      .filter(({ confidence }) => confidence >= options.critical)
      .sort((a, b) => b.confidence - a.confidence);
  }

  /** @param now time of the stream; infinite once it has ended */
  function judge(service: ServiceState, closing: boolean, now = service.lastTime): Anomaly | undefined {
    const young = isYoung(service);
    const signals = young ? withoutPast(service, now) : noticed(service);
    const best = signals[0];
    if (!best || best.confidence < options.warning) return undefined;
    const worst = signals.find((signal) => signal.error);
    const critical =
      worst !== undefined &&
      worst.confidence >= options.critical &&
      (young || service.errors >= MIN_CRITICAL || worst.template?.level === 'fatal');
    const status = critical ? 'critical' : 'warning';
    if (!closing && status === 'warning') return undefined;
    const episode = follow(service, signals, status);
    if (!episode) return undefined;
    service.reported = service.bucket;
    service.told ||= young;
    return report(service, signals, episode, status);
  }

  /** Joins the signals to what goes on in the service; undefined when it is not yet time to speak of it again. */
  function follow(service: ServiceState, signals: Signal[], status: Episode['status']): Episode | undefined {
    const { bucket } = service;
    let episode = episodes.get(service.name);
    const lines = Math.max(...signals.map((signal) => signal.count));
    if (!episode || bucket - episode.lastSignal > QUIET) {
      const start = bucket * bucketMs;
      episode = {
        status,
        since: start,
        from: start,
        lastSignal: bucket,
        nextReport: bucket,
        step: 1,
        count: 0,
      };
      episodes.set(service.name, episode);
    }
    const escalates = status === 'critical' && episode.status === 'warning';
    const due = escalates || bucket >= episode.nextReport;
    if (episode.lastSignal !== bucket || due) episode.count += lines;
    episode.lastSignal = bucket;
    if (!due) return undefined;
    // Kept when it escalates: a warning that becomes critical is the same problem, and so the same incident.
    episode.template ??= leading(signals, status);
    if (escalates) {
      episode.status = status;
      episode.step = 1;
    }
    episode.nextReport = bucket + episode.step;
    episode.step = Math.min(MAX_STEP, episode.step * 2);
    return episode;
  }

  function close(service: ServiceState, found: Anomaly[], now?: number): void {
    waiting.delete(service);
    if (service.reported === service.bucket) return;
    const anomaly = judge(service, true, now);
    if (anomaly) found.push(anomaly);
  }

  /** Closes a service's bucket and opens a later one (or, after a clock that was wrong, an earlier one). */
  function turn(service: ServiceState, bucket: number, found: Anomaly[]): void {
    close(service, found);
    rememberFindings(service, habits);
    service.roll(bucket, Math.max(0, seen - 1));
  }

  function serviceFor(name: string, bucket: number, time: number): ServiceState {
    let service = services.get(name);
    if (!service) {
      service = new ServiceState(name, bucket, time, bucketMs);
      services.set(name, service);
      names.saw(name);
    }
    services.touch(name);
    return service;
  }

  /** Puts what was found on a line or by the clock into the open bucket of its service. */
  function attach(finding: Finding, found: Anomaly[]): void {
    const bucket = Math.floor(finding.at / bucketMs);
    const service = serviceFor(finding.service, bucket, finding.at);
    if (bucket > service.bucket) turn(service, bucket, found);
    service.lastTime = Math.max(service.lastTime, finding.at);
    service.findings.push(finding);
    waiting.add(service);
  }

  /** A service that fell silent after its last error is judged when the others' clocks have moved on. */
  function pass(bucket: number, found: Anomaly[]): void {
    if (bucket <= watermark) return;
    watermark = bucket;
    for (const other of waiting) if (other.bucket < bucket - 1) close(other, found, bucket * bucketMs);
  }

  function addRecord(record: LogRecord, found: Anomaly[]): void {
    seen += 1;
    const bucket = Math.floor(record.timestamp / bucketMs);
    if (clock.isSure) habits.begin(Math.floor(clock.now / bucketMs));
    const service = serviceFor(record.service, bucket, record.timestamp);
    if (bucket < service.bucket - LATE_BUCKETS) {
      service.late += 1;
      if (service.late < CLOCK_RESET) return;
      service.lastTime = record.timestamp;
      service.roll(bucket, seen - 1);
    } else if (bucket > service.bucket) turn(service, bucket, found);
    service.late = 0;
    const template = service.add(record);
    if (!clock.isPast(record)) for (const finding of watch.add(record)) attach(finding, found);
    if (record.level === 'warn' || isError(record.level)) waiting.add(service);
    // Where the clock was wrong before, what is open is judged by what it says now.
    watermark = Math.min(watermark, Math.floor(clock.now / bucketMs));
    if (!clock.isPast(record)) pass(bucket, found);
    if (!isError(record.level) || service.reported === service.bucket) return;
    service.tryAt ??= Math.max(MIN_CRITICAL, countFor(options.critical, service.usual));
    const isNew = template.born === service.bucket;
    const certain =
      service.errors >= service.tryAt ||
      (isYoung(service) && (service.failing(record.timestamp)?.confidence ?? 0) >= options.critical) ||
      (isNew && (template.count === MIN_CRITICAL || record.level === 'fatal'));
    if (!certain) return;
    const anomaly = judge(service, false);
    if (anomaly) found.push(anomaly);
    else service.tryAt = service.errors * 1.5;
  }

  return {
    add(records) {
      const found: Anomaly[] = [];
      for (const record of records) for (const one of clock.take(record)) addRecord(one, found);
      return found;
    },
    tick(now, held = false) {
      const found: Anomaly[] = [];
      for (const record of clock.release(now)) addRecord(record, found);
      if (seen !== seenAtTick) {
        seenAtTick = seen;
        lag = now - clock.now;
      } else if (held && lag !== undefined) lag = now - ticked;
      if (lag === undefined) return found;
      const time = now - lag;
      ticked = time;
      if (held) return found;
      for (const finding of watch.advance(time)) attach(finding, found);
      pass(Math.floor(time / bucketMs), found);
      return found;
    },
    flush() {
      const found: Anomaly[] = [];
      for (const record of clock.release(wall())) addRecord(record, found);
      for (const service of [...waiting]) close(service, found, Number.POSITIVE_INFINITY);
      watch.ended();
      lag = undefined;
      seenAtTick = seen;
      return found;
    },
    learn: (feedback) => habits.learn(feedback),
    save: () => ({
      version: 1,
      seen,
      newest: clock.now,
      ahead: clock.save().waiting,
      watch: watch.save(),
      habits: habits.save(),
      services: [...services.values()].map((service) => service.save()),
      episodes: [...episodes.entries()],
    }),
    restore(state) {
      seen = state.seen;
      seenAtTick = seen;
      clock.restore({ now: state.newest, waiting: state.ahead ?? [] });
      watermark = Math.floor(clock.now / bucketMs);
      watch.restore(state.watch);
      habits.restore(state.habits);
      for (const saved of state.services) {
        const service = ServiceState.from(saved, bucketMs);
        services.set(saved.name, service);
        if (service.errors > 0 || service.findings.length > 0) waiting.add(service);
        names.saw(saved.name);
      }
      for (const [name, episode] of state.episodes) episodes.set(name, episode);
    },
  };
}
