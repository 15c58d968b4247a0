import { hash } from 'node:crypto';
import { type Anomaly, defaultSeverity } from '../domain/anomaly.ts';
import type { Language } from '../domain/question.ts';
import { cutText, isError, type LogRecord } from '../domain/record.ts';
import { createServiceNames } from './detect/names.ts';
import { countFor } from './detect/series.ts';
import { ServiceState, type Signal, type TemplateState } from './detect/service.ts';
import { titleOf, WORDS } from './detect/words.ts';
import { LruMap } from './lru-map.ts';

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
}

export interface Detector {
  /** Takes records with templates, in the order they came; gives the anomalies that became certain with them. */
  add(records: LogRecord[]): Anomaly[];
  /** Judges the open buckets: after the last record of a source that ends. */
  flush(): Anomaly[];
}

/** What goes on in a service from its first signal until it is quiet again: one problem, reported ever more rarely. */
interface Episode {
  status: 'warning' | 'critical';
  /** The template it is known by; the same for all its anomalies, so that they belong to one incident. */
  template?: TemplateState;
  since: number;
  /** Time of the first line that was not reported yet. */
  from: number;
  lastSignal: number;
  nextReport: number;
  step: number;
  /** Lines behind signals since the last report. */
  count: number;
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
const ISSUES = 5;
const MAX_PATTERN = 4_000;

/**
 * Finds anomalies online: error bursts, changed rates and new error messages per service, judged against that
 * service's own past. Time is the records' own, so a replay finds what the live run found. Signals of one service
 * in one bucket are one anomaly; a problem that lasts is reported after 1, 2, 4 … buckets with its counts. Critical
 * problems are told at the line that makes them certain, warnings when their bucket closes.
 */
export function createDetector(options: DetectOptions): Detector {
  const { bucketMs, language, timeZone } = options;
  const words = WORDS[language];
  // As everywhere else in what people read: 24 hours, `14:03:22` in both languages.
  const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', hourCycle: 'h23', timeZone });
  const names = createServiceNames();
  /** Services with warnings or errors in their open bucket that were not judged yet. */
  const waiting = new Set<ServiceState>();
  const services = new LruMap<string, ServiceState>(2_000, (_, gone) => waiting.delete(gone));
  const episodes = new LruMap<string, Episode>(2_000);
  let seen = 0;
  let watermark = 0;

  function judge(service: ServiceState, closing: boolean): Anomaly | undefined {
    // What was there during the warm-up is usual, and a service needs a past of its own.
    if (service.seen < options.warmup || service.before < options.warmup / 10) return undefined;
    const signals = service.signals();
    const best = signals[0];
    if (!best || best.confidence < options.warning) return undefined;
    const worst = signals.find((signal) => signal.error);
    const critical =
      worst !== undefined &&
      worst.confidence >= options.critical &&
      (service.errors >= MIN_CRITICAL || worst.template?.level === 'fatal');
    const status = critical ? 'critical' : 'warning';
    if (!closing && status === 'warning') return undefined;
    const episode = follow(service, signals, status);
    if (!episode) return undefined;
    service.reported = service.bucket;
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

  function report(
    service: ServiceState,
    signals: Signal[],
    episode: Episode,
    status: Episode['status'],
  ): Anomaly {
    const strongest = signals.find((signal) => signal.error || status !== 'critical') ?? signals[0]!;
    // Agreement of several detectors adds a little; they look at the same lines, so it is no independent proof.
    const confidence = Math.min(0.99, strongest.confidence + 0.02 * (signals.length - 1));
    const told = [leading(signals, status), episode.template, ...signals.map((signal) => signal.template)];
    const templates = [...new Set(told)].filter((template) => template !== undefined);
    const samples = samplesOf(templates);
    const named = names.namedIn(samples, service.name);
    const to = service.lastTime + 1;
    const { from, count } = episode;
    episode.from = to;
    episode.count = 0;
    const id = hash('sha1', [service.name, service.bucket, status, strongest.detector].join('\u0000'), 'hex');
    return {
      id: `an-${id.slice(0, 20)}`,
      anomaly_status: status,
      confidence: round(confidence, 2),
      detected_issues: issuesOf(service, signals, templates),
      explanation: explain(service, signals, episode, named),
      service: service.name,
      ...(service.hosts.size === 1 ? { host: [...service.hosts][0]! } : {}),
      detected_at: new Date(service.lastTime).toISOString(),
      window: { from: new Date(Math.min(from, to - 1)).toISOString(), to: new Date(to).toISOString() },
      ...(episode.template
        ? { template: { id: episode.template.id, pattern: cutText(episode.template.pattern, MAX_PATTERN) } }
        : {}),
      sample_lines: samples,
      score: round(strongest.score, 2),
      detector: strongest.detector,
      ...(episode.template?.traceId ? { trace_id: episode.template.traceId } : {}),
      severity: defaultSeverity(status, confidence),
      names: named,
      count,
    };
  }

  function issuesOf(service: ServiceState, signals: Signal[], templates: TemplateState[]): string[] {
    const issues = templates.map((template) => titleOf(template.pattern, template.errorCode));
    if (signals.some((signal) => signal.detector === 'error-burst'))
      issues.splice(1, 0, words.burstTitle(service.errors, bucketMs / 1_000));
    return [...new Set(issues)].slice(0, ISSUES);
  }

  function explain(service: ServiceState, signals: Signal[], episode: Episode, named: string[]): string {
    const seconds = bucketMs / 1_000;
    const told = new Set<TemplateState>();
    const sentences: string[] = [];
    let more = 0;
    for (const { detector, score, count, usual, template } of signals) {
      const units = round(score, 1).toString();
      const title = template ? titleOf(template.pattern, template.errorCode) : '';
      if (template && told.has(template)) continue;
      if (sentences.length >= 4) {
        more += 1;
        continue;
      }
      if (template) told.add(template);
      if (detector === 'error-burst')
        sentences.push(words.burst(count, service.lines, seconds, round(usual, 1), units));
      else if (detector === 'new-template') sentences.push(words.novel(title, count, service.before));
      else sentences.push(words.rate(title, count, seconds, round(usual, 1), units));
    }
    if (more > 0) sentences.push(words.more(more));
    if (named.length > 0) sentences.push(words.names(named.join(', ')));
    if (service.bucket * bucketMs > episode.since)
      sentences.push(words.since(clock.format(new Date(episode.since))));
    return sentences.join(' ');
  }

  function close(service: ServiceState, found: Anomaly[]): void {
    waiting.delete(service);
    if (service.reported === service.bucket) return;
    const anomaly = judge(service, true);
    if (anomaly) found.push(anomaly);
  }

  function addRecord(record: LogRecord, found: Anomaly[]): void {
    seen += 1;
    const bucket = Math.floor(record.timestamp / bucketMs);
    let service = services.get(record.service);
    if (!service) {
      service = new ServiceState(record.service, bucket, record.timestamp);
      services.set(record.service, service);
      names.saw(record.service);
    }
    services.touch(record.service);
    if (bucket < service.bucket - LATE_BUCKETS) {
      service.late += 1;
      if (service.late < CLOCK_RESET) return;
      service.lastTime = record.timestamp;
      service.roll(bucket, seen - 1);
    } else if (bucket > service.bucket) {
      close(service, found);
      service.roll(bucket, seen - 1);
    }
    service.late = 0;
    const template = service.add(record);
    if (record.level === 'warn' || isError(record.level)) waiting.add(service);
    if (bucket > watermark) {
      watermark = bucket;
      // A service that fell silent after its last error is judged when the others' clocks have moved on.
      for (const other of waiting) if (other.bucket < bucket - 1) close(other, found);
    }
    if (!isError(record.level) || service.reported === service.bucket) return;
    service.tryAt ??= Math.max(MIN_CRITICAL, countFor(options.critical, service.usual));
    const isNew = template.born === service.bucket;
    const certain =
      service.errors >= service.tryAt ||
      (isNew && (template.count === MIN_CRITICAL || record.level === 'fatal'));
    if (!certain) return;
    const anomaly = judge(service, false);
    if (anomaly) found.push(anomaly);
    else service.tryAt = service.errors * 1.5;
  }

  return {
    add(records) {
      const found: Anomaly[] = [];
      for (const record of records) addRecord(record, found);
      return found;
    },
    flush() {
      const found: Anomaly[] = [];
      for (const service of [...waiting]) close(service, found);
      return found;
    },
  };
}

/** The template a problem is known by: of the strongest error signal that has one. */
const leading = (signals: Signal[], status: Episode['status']): TemplateState | undefined =>
  (
    signals.find((signal) => signal.template && (signal.error || status !== 'critical')) ??
    signals.find((signal) => signal.template)
  )?.template;

/** Two lines of each of the strongest templates, so that one loud message does not hide the others. */
function samplesOf(templates: TemplateState[]): string[] {
  const lines = templates.slice(0, 4).flatMap((template) => template.samples.slice(0, 2));
  return [...new Set(lines)].slice(0, 6);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
