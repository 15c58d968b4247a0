import { isError, type LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { HOUR } from '../../../domain/time/units.ts';
import type { LineFinding } from '../lines/line-detectors.ts';
import {
  type Baseline,
  confidenceOf,
  MIN_BUCKETS,
  Season,
  type SeasonState,
  Series,
  type SeriesState,
  surprise,
} from '../statistics/series.ts';
import type { Detection, TemplateState } from './detection.ts';
import { Drops, type DropsState } from './drops.ts';
import { Startup, type StartupState } from './startup.ts';

/** A service as it is stored. */
export interface ServiceState {
  name: string;
  bucket: number;
  before: number;
  lines: number;
  errors: number;
  seen: number;
  lastTime: number;
  reported: number;
  findings: LineFinding[];
  first: number;
  errorLines: number;
  newErrors: number;
  /** Time of the first line; states of earlier versions lack it. */
  began?: number;
  /** A problem that needs no past was reported. */
  told?: boolean;
  beginning?: StartupState;
  errorSeries: SeriesState;
  drops: DropsState;
  templates: (Omit<TemplateState, 'series' | 'season' | 'slow'> & {
    series: SeriesState;
    season?: SeasonState;
    slow?: { series: SeriesState; count: number; low: number };
  })[];
}

const SAMPLES = 3;
const MAX_TEMPLATES = 5_000;
/** An error must come this often in a bucket before its rate says anything. */
const MIN_COUNT = 4;
/**
 * A surge of an ordinary message: at least this many in a bucket, in this many buckets in a row, and this many times the usual
 * count and the highest count of this time of day.
 */
const MIN_SURGE = 30;
const SURGE_BUCKETS = 2;
const SURGE_FACTOR = 3;
const SEASON_FACTOR = 1.5;
/** A service must be known for this long before ordinary messages are judged, because of batches on the hour and the like. */
const SURGE_KNOWN_MS = 2 * HOUR;
/** Until a service has this many lines, a new error is no surprise. */
const KNOWN_LINES = 1_000;

/** One service: what is usual for it, and what happens in its open bucket. */
export class ServiceWindow {
  readonly name: string;
  /** Index of the open bucket: time divided by the bucket's width. */
  bucket: number;
  /** Lines before the open bucket. */
  before = 0;
  lines = 0;
  errors = 0;
  /** Records of the whole stream before the open bucket. */
  seen = 0;
  /** Lines in a row that were far too old for the open bucket. */
  late = 0;
  lastTime: number;
  /** The bucket of the last report. */
  reported = -1;
  /** With this many errors or more, the open bucket is judged before it closes. */
  tryAt: number | undefined;
  hosts = new Set<string>();
  /** A problem that needs no past was reported: that happens once per service. */
  told = false;
  /** Time of the first line. */
  began: number;
  #startup = new Startup();
  /** Findings of the line detectors in the open bucket. */
  findings: LineFinding[] = [];
  readonly #bucketMs: number;
  #errors: Series;
  #drops: Drops;
  readonly #templates = new LruMap<string, TemplateState>(MAX_TEMPLATES, (_, gone) =>
    this.#drops.forget(gone),
  );
  readonly #active = new Set<TemplateState>();
  readonly #first: number;
  #errorLines = 0;
  #newErrors = 0;
  #usual: Baseline | undefined;

  constructor(name: string, bucket: number, time: number, bucketMs: number) {
    this.#bucketMs = bucketMs;
    this.name = name;
    this.bucket = bucket;
    this.lastTime = time;
    this.began = time;
    this.#first = bucket;
    this.#errors = new Series(bucket);
    this.#drops = new Drops(bucket);
  }

  /** The usual number of errors before the open bucket. */
  get usual(): Baseline {
    this.#usual ??= this.#errors.baseline(this.bucket);
    return this.#usual;
  }

  /** Closes the open bucket and opens `bucket`; `seen` is the number of records of the whole stream by now. */
  roll(bucket: number, seen: number): void {
    this.seen = seen;
    this.#errors.push(this.bucket, this.errors);
    const start = this.bucket * this.#bucketMs;
    for (const template of this.#active) {
      template.hot = this.#surge(template) ? template.hot + 1 : 0;
      template.series.push(this.bucket, template.count);
      if (template.count >= MIN_SURGE) template.season ??= new Season(start);
      template.season?.push(start, template.count);
      this.#drops.count(template);
      template.count = 0;
      template.samples = [];
    }
    this.#active.clear();
    this.#drops.roll(this.bucket, this.lines, bucket);
    this.hosts.clear();
    this.findings = [];
    this.before += this.lines;
    this.lines = 0;
    this.errors = 0;
    this.#startup.roll();
    this.bucket = bucket;
    this.tryAt = undefined;
    this.#usual = undefined;
  }

  /** Counts a record into the open bucket. */
  add(record: LogRecord): TemplateState {
    const error = isError(record.level);
    this.lines += 1;
    this.lastTime = Math.max(this.lastTime, record.timestamp);
    if (error) this.errors += 1;
    const { id, pattern } = record.template!;
    this.#startup.add(record, error);
    let template = this.#templates.get(id);
    if (!template) {
      template = {
        id,
        pattern,
        level: record.level,
        total: 0,
        born: this.bucket,
        // A template that was never seen had a count of zero in every bucket of the service.
        series: new Series(Math.max(this.#first, this.bucket - 30)),
        hot: 0,
        count: 0,
        samples: [],
      };
      this.#templates.set(id, template);
      if (error) this.#newErrors += 1;
    }
    if (error) this.#errorLines += 1;
    if (template.count === 0) {
      template.level = record.level;
      this.#active.add(template);
    } else if (error && !isError(template.level)) template.level = record.level;
    template.pattern = pattern;
    template.total += 1;
    template.count += 1;
    if (record.level !== 'info' && template.samples.length < SAMPLES) {
      template.samples.push(record.line);
      template.errorCode ??= record.errorCode;
      template.traceId = record.traceId ?? template.traceId;
    }
    if (record.host && this.hosts.size < 4) this.hosts.add(record.host);
    this.#templates.touch(id);
    return template;
  }

  /**
   * A service that has written hardly anything but failures since it began, or that starts again after each failure. It
   * must last for the width of a bucket: a service may fail for a moment at its start and then work.
   * @param now time of the stream; infinite once it has ended
   */
  failing(now: number): Detection | undefined {
    if (this.told || now - this.began < this.#bucketMs) return undefined;
    const broken = this.#startup.broken();
    if (!broken) return undefined;
    let template: TemplateState | undefined;
    for (const one of this.#active)
      if (isError(one.level) && one.count > (template?.count ?? 0)) template = one;
    return {
      detector: 'failing-start',
      ...broken,
      score: broken.count,
      usual: 0,
      error: true,
      ...(template ? { template } : {}),
    };
  }

  /** All detections in the open bucket, the most confident first. */
  detections(): Detection[] {
    const found: Detection[] = [];
    const known = this.bucket - this.#first >= MIN_BUCKETS;
    if (known && this.errors >= MIN_COUNT) {
      const score = surprise(this.errors, this.usual);
      // A busy service with a few errors has a small problem, however unusual it is.
      const weight = Math.min(1, this.errors / this.lines / 0.02);
      found.push({
        detector: 'error-burst',
        score,
        confidence: confidenceOf(score) * (0.7 + 0.3 * weight),
        count: this.errors,
        usual: this.usual.median,
        error: true,
      });
    }
    for (const template of this.#active) {
      const error = isError(template.level);
      if (!error && template.level !== 'warn') {
        const surge = known ? this.#surge(template) : undefined;
        if (surge && template.hot + 1 >= SURGE_BUCKETS) found.push(surge);
        continue;
      }
      if (template.born === this.bucket) found.push(this.#novelty(template, error));
      if (!known || template.count < MIN_COUNT) continue;
      const baseline = template.series.baseline(this.bucket);
      const score = surprise(template.count, baseline);
      found.push({
        detector: 'rate-change',
        score,
        confidence: confidenceOf(score) * (this.#inSeason(template) ? 0.6 : 1),
        count: template.count,
        usual: baseline.median,
        error,
        template,
      });
    }
    found.push(...this.#drops.detections(this.bucket, this.lines));
    return found.filter(({ confidence }) => confidence > 0.3).sort((a, b) => b.confidence - a.confidence);
  }

  /** Whether the count was as high at this time of day before. */
  #inSeason({ season, count }: TemplateState): boolean {
    return season !== undefined && count <= SEASON_FACTOR * season.high(this.bucket * this.#bucketMs);
  }

  /** An ordinary message that comes far more often than ever: reported only when it lasts. */
  #surge(template: TemplateState): Detection | undefined {
    const { count } = template;
    if (count < MIN_SURGE || (this.bucket - this.#first) * this.#bucketMs < SURGE_KNOWN_MS) return undefined;
    if (template.level === 'warn' || isError(template.level) || this.#inSeason(template)) return undefined;
    const baseline = template.series.baseline(this.bucket);
    if (count < SURGE_FACTOR * baseline.median) return undefined;
    const score = surprise(count, baseline);
    return {
      detector: 'rate-change',
      score,
      // An ordinary message may be meant: a campaign, a batch.
      confidence: confidenceOf(score) * 0.8,
      count,
      usual: baseline.median,
      error: false,
      template,
    };
  }

  save(): ServiceState {
    const { name, bucket, before, lines, errors, seen, lastTime, reported, findings, began, told } = this;
    return {
      ...{ name, bucket, before, lines, errors, seen, lastTime, reported, findings, began, told },
      first: this.#first,
      beginning: this.#startup.save(),
      errorLines: this.#errorLines,
      newErrors: this.#newErrors,
      errorSeries: this.#errors.save(),
      drops: this.#drops.save(),
      templates: [...this.#templates.values()].map(({ series, season, slow, ...rest }) => ({
        ...rest,
        ...(slow ? { slow: { ...slow, series: slow.series.save() } } : {}),
        series: series.save(),
        ...(season ? { season: season.save() } : {}),
      })),
    };
  }

  static from(saved: ServiceState, bucketMs: number): ServiceWindow {
    const service = new ServiceWindow(saved.name, saved.first, saved.lastTime, bucketMs);
    service.bucket = saved.bucket;
    service.before = saved.before;
    service.lines = saved.lines;
    service.errors = saved.errors;
    service.seen = saved.seen;
    service.reported = saved.reported;
    service.began = saved.began ?? saved.first * bucketMs;
    service.told = saved.told ?? false;
    const { errorLines: failures } = saved;
    service.#startup = Startup.from(
      saved.beginning ?? {
        starts: { opening: '', count: 0, failed: 0 },
        ...{ failures, lines: saved.before + saved.lines, failureLines: failures },
        ...{ bucket: { failures: saved.errors, lines: saved.lines }, failed: true },
      },
    );
    service.findings = [...saved.findings];
    service.#errorLines = saved.errorLines;
    service.#newErrors = saved.newErrors;
    service.#errors = Series.from(saved.errorSeries);
    for (const { series, season, slow, ...rest } of saved.templates) {
      const template: TemplateState = { ...rest, samples: [...rest.samples], series: Series.from(series) };
      if (slow) template.slow = { ...slow, series: Series.from(slow.series) };
      if (season) template.season = new Season(0, season);
      service.#templates.set(template.id, template);
      if (template.count > 0) service.#active.add(template);
    }
    service.#drops = Drops.from(saved.drops, service.#templates.values());
    return service;
  }

  /**
   * A message that never came before. How much that means depends on how often the service has new ones among its errors
   * (Good and Turing: the share of kinds that were seen once estimates the chance that the next is new).
   */
  #novelty(template: TemplateState, error: boolean): Detection {
    const chance = Math.min(0.9, Math.max(0, this.#newErrors - 3) / Math.max(20, this.#errorLines));
    const certain = error ? (template.level === 'fatal' ? 0.8 : 0.62) : 0.4;
    const base = this.before < KNOWN_LINES ? certain * 0.8 : certain;
    const repeated = 1 - (1 - base) * 0.75 ** (template.count - 1);
    return {
      detector: 'new-template',
      score: template.count,
      confidence: repeated * (1 - chance),
      count: template.count,
      usual: 0,
      error,
      template,
    };
  }
}
