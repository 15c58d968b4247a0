import type { Anomaly } from '../../domain/alert/anomaly.ts';
import type { Feedback } from '../../domain/alert/feedback.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import { LruMap } from '../../domain/lru-map.ts';
import type { Language } from '../../domain/question/question.ts';
import { FAILURE, GRAVE } from '../../lexicon/gravity.ts';
import { type Episode, Episodes, leadingTemplate, type Status } from './episodes.ts';
import { createLineDetectors, type LineDetectorsState, type LineFinding } from './lines/line-detectors.ts';
import { Reporter } from './report.ts';
import type { Detection } from './services/detection.ts';
import { isFailing } from './services/failures.ts';
import { createServiceNames } from './services/names.ts';
import { type ServiceState, ServiceWindow } from './services/service-window.ts';
import { FIRST_FATAL } from './services/startup.ts';
import { countFor } from './statistics/series.ts';
import { createStreamClock, type StreamClock } from './stream-clock.ts';
import { Suppression, type SuppressionState } from './suppression.ts';

export interface DetectOptions {
  /** Records that are learned from before anything is judged. */
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

/** What `save` gives and `restore` takes: plain JSON. The names of the fields are stored. */
export interface DetectorState {
  version: 1;
  seen: number;
  newest: number;
  /** Records dated far ahead of all others, not judged yet. */
  ahead?: LogRecord[];
  watch: LineDetectorsState;
  habits: SuppressionState;
  services: ServiceState[];
  episodes: [service: string, episode: Episode][];
}

export interface Detector {
  /** The time of the latest record, epoch milliseconds; 0 before the first. */
  readonly newest: number;
  /** Takes records with templates, in the order they came; gives the anomalies that became certain with them. */
  add(records: LogRecord[]): Anomaly[];
  /**
   * Lets time pass when no records come: notices what is missing, and judges open buckets. The records' time goes on
   * from where it was, at the speed of the wall clock.
   * @param now wall clock, epoch milliseconds; to be called every few seconds
   * @param held records may be waiting because a backend is away: time stands still, or all would seem silent
   */
  tick(now: number, held?: boolean): Anomaly[];
  /** Judges the open buckets, after the last record of a source that ends. Its regular lines are not missed then. */
  flush(): Anomaly[];
  /** Moves the confidence for this service, template and detector, within bounds. */
  applyFeedback(feedback: Feedback): void;
  save(): DetectorState;
  /** Replaces what was learned so far. */
  restore(state: DetectorState): void;
}

/** Errors in a bucket below which nothing is critical. */
const MIN_CRITICAL = 5;
/** A record this many buckets older than its service's open bucket came too late and is not counted. */
const LATE_BUCKETS = 2;
/** For so many buckets after a late record its service seems to have fewer lines than it has. */
const LATE_SHOWS = 36;
/** After this many late records in a row the clock was wrong before, not now. */
const CLOCK_RESET = 50;
const MAX_SERVICES = 2_000;

/**
 * Finds anomalies online. Per service: error bursts, changed rates and new error messages, compared with that service's
 * own past. Per line and session: what `lines/line-detectors.ts` finds. Time is the records' own, so a replay finds what
 * the live run found. All detections of one service in one bucket are one anomaly; a problem that lasts is reported after
 * 1, 2, 4 … buckets with its counts. A critical problem is reported at the line that makes it certain, a warning when its
 * bucket closes.
 */
export const createDetector = (options: DetectOptions): Detector => new StreamDetector(options);

class StreamDetector implements Detector {
  readonly #options: DetectOptions;
  readonly #bucketMs: number;
  readonly #wall: () => number;
  readonly #clock: StreamClock;
  readonly #names = createServiceNames();
  readonly #lineDetectors = createLineDetectors();
  readonly #suppression = new Suppression();
  readonly #episodes: Episodes;
  readonly #reporter: Reporter;
  /** Services with something in their open bucket that was not judged yet. */
  readonly #pending = new Set<ServiceWindow>();
  readonly #services = new LruMap<string, ServiceWindow>(MAX_SERVICES, (_, gone) =>
    this.#pending.delete(gone),
  );
  /** Records so far. */
  #seen = 0;
  /** The latest bucket; silent services are judged when it moves on. */
  #watermark = 0;
  /** How far the wall clock is ahead of the newest record; undefined while no source is live. */
  #lag: number | undefined;
  #seenAtTick = 0;
  /** The records' time at the last tick. */
  #tickedAt = 0;

  constructor(options: DetectOptions) {
    this.#options = options;
    this.#bucketMs = options.bucketMs;
    this.#wall = options.now ?? Date.now;
    this.#clock = createStreamClock(this.#wall);
    this.#episodes = new Episodes(MAX_SERVICES, options.bucketMs);
    this.#reporter = new Reporter({ ...options, namedIn: this.#names.namedIn });
  }

  get newest(): number {
    return this.#seen === 0 ? 0 : this.#clock.now;
  }

  add(records: LogRecord[]): Anomaly[] {
    const found: Anomaly[] = [];
    for (const record of records) for (const one of this.#clock.take(record)) this.#addRecord(one, found);
    return found;
  }

  tick(now: number, held = false): Anomaly[] {
    const found: Anomaly[] = [];
    for (const record of this.#clock.release(now)) this.#addRecord(record, found);
    if (this.#seen !== this.#seenAtTick) {
      this.#seenAtTick = this.#seen;
      this.#lag = now - this.#clock.now;
    } else if (held && this.#lag !== undefined) this.#lag = now - this.#tickedAt;
    if (this.#lag === undefined) return found;
    const time = now - this.#lag;
    this.#tickedAt = time;
    if (held) return found;
    for (const finding of this.#lineDetectors.advance(time)) this.#attach(finding, found);
    this.#closeSilent(Math.floor(time / this.#bucketMs), found);
    return found;
  }

  flush(): Anomaly[] {
    const found: Anomaly[] = [];
    for (const record of this.#clock.release(this.#wall())) this.#addRecord(record, found);
    for (const service of [...this.#pending]) this.#close(service, found, Number.POSITIVE_INFINITY);
    this.#tell(Number.POSITIVE_INFINITY, found);
    this.#lineDetectors.ended();
    this.#lag = undefined;
    this.#seenAtTick = this.#seen;
    return found;
  }

  applyFeedback(feedback: Feedback): void {
    this.#suppression.applyFeedback(feedback);
  }

  save(): DetectorState {
    return {
      version: 1,
      seen: this.#seen,
      newest: this.#clock.now,
      ahead: this.#clock.save().waiting,
      watch: this.#lineDetectors.save(),
      habits: this.#suppression.save(),
      services: [...this.#services.values()].map((service) => service.save()),
      episodes: this.#episodes.save(),
    };
  }

  restore(state: DetectorState): void {
    this.#seen = state.seen;
    this.#seenAtTick = state.seen;
    this.#clock.restore({ now: state.newest, waiting: state.ahead ?? [] });
    this.#watermark = Math.floor(this.#clock.now / this.#bucketMs);
    this.#lineDetectors.restore(state.watch);
    this.#suppression.restore(state.habits);
    for (const saved of state.services) {
      const service = ServiceWindow.from(saved, this.#bucketMs);
      this.#services.set(saved.name, service);
      if (service.errors > 0 || service.findings.length > 0) this.#pending.add(service);
      this.#names.add(saved.name);
    }
    this.#episodes.restore(state.episodes);
  }

  #addRecord(record: LogRecord, found: Anomaly[]): void {
    this.#seen += 1;
    const bucket = Math.floor(record.timestamp / this.#bucketMs);
    if (this.#clock.isSure) this.#suppression.begin(Math.floor(this.#clock.now / this.#bucketMs));
    const service = this.#serviceFor(record.service, bucket, record.timestamp);
    if (bucket < service.bucket - LATE_BUCKETS) {
      service.late += 1;
      service.lateUntil = service.bucket + LATE_SHOWS;
      if (service.late < CLOCK_RESET) {
        this.#episodes.addLate(service.name, record);
        return;
      }
      service.lastTime = record.timestamp;
      service.roll(bucket, this.#seen - 1);
    } else if (bucket > service.bucket) this.#turn(service, bucket, found);
    service.late = 0;
    const template = service.add(record, this.#seen);
    const fails = template.gravity >= FAILURE;
    const isPast = this.#clock.isPast(record);
    if (!isPast) for (const finding of this.#lineDetectors.add(record, fails)) this.#attach(finding, found);
    if (fails || record.level === 'warn') this.#pending.add(service);
    // When the clock was wrong before, open buckets are judged by what it says now.
    this.#watermark = Math.min(this.#watermark, Math.floor(this.#clock.now / this.#bucketMs));
    if (!isPast) this.#closeSilent(bucket, found);
    // What is known to be critical is told when its bucket closes, with its true count.
    if (!fails || service.reported === service.bucket || this.#episodes.isCritical(service)) return;
    const isNew = template.born === service.bucket;
    const makesSure =
      (template.gravity === GRAVE && template.count === 1) ||
      (isNew && (template.count === MIN_CRITICAL || record.level === 'fatal'));
    if (!isError(record.level) && !makesSure) return;
    if (!this.#mayBeCritical(service, record.timestamp) && !makesSure) return;
    const anomaly = this.#judge(service, false);
    if (anomaly) found.push(anomaly);
    else service.tryAt = service.errors * 1.5;
  }

  /** Whether the open bucket has enough errors to be judged before it closes. */
  #mayBeCritical(service: ServiceWindow, now: number): boolean {
    const { critical } = this.#options;
    service.tryAt ??= Math.max(MIN_CRITICAL, countFor(critical, service.usual));
    return (
      service.errors >= service.tryAt ||
      (this.#isYoung(service) && (service.failing(now)?.confidence ?? 0) >= critical)
    );
  }

  /** During the warm-up everything is usual, and a service needs a past of its own. */
  #isYoung(service: ServiceWindow): boolean {
    const { warmup } = this.#options;
    return service.seen < warmup || service.before < warmup / 10 || this.#failsFromStart(service);
  }

  /** However much it writes: what has done nothing but fail has no past that it could be compared with. */
  #failsFromStart(service: ServiceWindow): boolean {
    return !service.isKnown && (service.failing(service.lastTime)?.confidence ?? 0) >= this.#options.critical;
  }

  #serviceFor(name: string, bucket: number, time: number): ServiceWindow {
    let service = this.#services.get(name);
    if (!service) {
      service = new ServiceWindow(name, bucket, time, this.#bucketMs);
      this.#services.set(name, service);
      this.#names.add(name);
    }
    this.#services.touch(name);
    return service;
  }

  /** Puts a finding into the open bucket of its service. */
  #attach(finding: LineFinding, found: Anomaly[]): void {
    const bucket = Math.floor(finding.at / this.#bucketMs);
    const service = this.#serviceFor(finding.service, bucket, finding.at);
    if (bucket > service.bucket) this.#turn(service, bucket, found);
    service.lastTime = Math.max(service.lastTime, finding.at);
    service.findings.push(finding);
    this.#pending.add(service);
  }

  /** Closes a service's bucket and opens a later one. */
  #turn(service: ServiceWindow, bucket: number, found: Anomaly[]): void {
    this.#close(service, found);
    this.#suppression.record(service);
    service.roll(bucket, Math.max(0, this.#seen - 1));
  }

  /** Judges services that fell silent after their last error, when the others' clocks have moved on. */
  #closeSilent(bucket: number, found: Anomaly[]): void {
    if (bucket <= this.#watermark) return;
    this.#watermark = bucket;
    for (const other of this.#pending)
      if (other.bucket < bucket - 1) this.#close(other, found, bucket * this.#bucketMs);
    this.#tell(bucket, found);
  }

  /** Tells the last lines of problems of which nothing came for long before this bucket. */
  #tell(bucket: number, found: Anomaly[]): void {
    for (const [service, episode] of this.#episodes.left(bucket))
      found.push(this.#reporter.tally(service, episode));
  }

  #close(service: ServiceWindow, found: Anomaly[], now?: number): void {
    this.#pending.delete(service);
    if (now !== undefined) service.end();
    if (service.reported === service.bucket && !this.#episodes.isEarly(service)) return;
    const anomaly = this.#judge(service, true, now);
    if (anomaly) found.push(anomaly);
    else this.#episodes.goesOn(service);
    const ended = anomaly ? undefined : this.#episodes.ended(service);
    if (!ended) return;
    if (ended.count > 0) found.push(this.#reporter.tally(service.name, ended));
    found.push(this.#reporter.recovered(service, ended));
  }

  /**
   * @param closing the bucket is over: only then a warning is reported
   * @param now time of the stream; infinite once it has ended
   */
  #judge(service: ServiceWindow, closing: boolean, now = service.lastTime): Anomaly | undefined {
    const young = this.#isYoung(service);
    const detections = young ? this.#detectWithoutPast(service, now) : this.#detect(service);
    const best = detections[0];
    if (!best || best.confidence < this.#options.warning) return undefined;
    const status: Status = detections.some((one) => this.#isCritical(service, one, young))
      ? 'critical'
      : 'warning';
    if (!closing && status === 'warning') return undefined;
    const episode = this.#episodes.follow(service, detections, status, closing);
    if (!episode) return undefined;
    service.reported = service.bucket;
    service.told ||= young && (best.detector === 'failing-start' || best.detector === 'new-template');
    return this.#reporter.report(service, detections, episode, status);
  }

  /** Whether somebody has to be called: it is sure enough, and grave or more than a few failures. */
  #isCritical(service: ServiceWindow, detection: Detection, young: boolean): boolean {
    const { confidence, detector, template, events = 0, error } = detection;
    if (confidence < this.#options.critical) return false;
    if (detector === 'grave-event' || detector === 'failing-start') return true;
    // Warnings whose words tell of no failure (`slow acquire: waited 200 ms`) call nobody, however many they are.
    if (detector === 'failure-rise')
      return (
        template !== undefined && isFailing(template) && events >= (error ? MIN_CRITICAL : 2 * MIN_CRITICAL)
      );
    return error && (young || service.errors >= MIN_CRITICAL || template?.level === 'fatal');
  }

  /** All detections in a service's open bucket, with their confidence after feedback, the most confident first. */
  #detect(service: ServiceWindow): Detection[] {
    const detections = [...service.detections(), ...this.#suppression.combine(service)];
    const leading = leadingTemplate(detections, 'warning')?.id ?? '';
    for (const detection of detections)
      detection.confidence = this.#suppression.adjust(
        detection.confidence,
        service.name,
        detection.template?.id ?? leading,
        detection.detector,
      );
    return detections.sort((a, b) => b.confidence - a.confidence);
  }

  /** The detections that need no past to compare with, unless one of them was reported already. */
  #detectWithoutPast(service: ServiceWindow, now: number): Detection[] {
    if (service.told) return [];
    const failing = service.failing(now);
    const fatal = this.#detect(service)
      .filter(({ detector, template }) => detector === 'new-template' && template?.level === 'fatal')
      .map((detection) => ({ ...detection, confidence: Math.max(detection.confidence, FIRST_FATAL) }));
    return [...(failing ? [failing] : []), ...fatal, ...service.troubles()]
      .filter(({ confidence }) => confidence >= this.#options.critical)
      .sort((a, b) => b.confidence - a.confidence);
  }
}
