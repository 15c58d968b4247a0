import { isError, type LogRecord } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { HOUR } from '../../../domain/time/units.ts';
import { CALM, FAILURE, type Gravity, isHandled } from '../../../lexicon/gravity.ts';
import type { LineFinding } from '../lines/line-detectors.ts';
import { Bursts, type BurstsState } from '../statistics/bursts.ts';
import { type Exposure, Rise } from '../statistics/rise.ts';
import {
  type Baseline,
  confidenceOf,
  MIN_BUCKETS,
  Season,
  Series,
  type SeriesState,
  surprise,
} from '../statistics/series.ts';
import { OrderlyStop } from '../trouble/orderly-stop.ts';
import { gravityOf, noReading } from '../trouble/reading.ts';
import type { Detection, TemplateState } from './detection.ts';
import { Drops, type DropsState } from './drops.ts';
import { graveEvent, isFailing, rememberGrave, risingFailure } from './failures.ts';
import { restoreTemplate, type SavedTemplate, saveTemplate } from './saved-template.ts';
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
  /** States of earlier versions lack these. */
  origin?: Exposure;
  bursts?: BurstsState;
  templates: SavedTemplate[];
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
/** Lines without one error after which the first is news. */
const QUIET_LINES = 1_500;
/** Confidence of a single new error at most. */
const SINGLE = 0.55;
/** What is left of the confidence in a burst that came like this before. */
const AS_USUAL = 0.6;
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
  /** Until this bucket lines may be missing that came too late: nothing is said of few lines. */
  lateUntil = -1;
  lastTime: number;
  /** The bucket of the last report. */
  reported = -1;
  /** With this many errors or more, the open bucket is judged before it closes. */
  tryAt: number | undefined;
  hosts = new Set<string>();
  /** The open bucket ends with a failure, and nothing came after it although the service is never silent for long. */
  fellSilent = false;
  /** The last line told of a failure. */
  #lastFailed = false;
  /** A problem that needs no past was reported: that happens once per service. */
  told = false;
  /** Time of the first line. */
  began: number;
  #startup = new Startup();
  /** Findings of the line detectors in the open bucket. */
  findings: LineFinding[] = [];
  /** Where its past begins: at its first line. */
  #origin: Exposure | undefined;
  /** Lines of the whole stream by its last line. */
  streamLines = 0;
  #bursts = new Bursts();
  readonly #stop = new OrderlyStop();
  #lastLine = '';
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
    this.#drops = new Drops(bucket, bucketMs);
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
      if (template.count >= MIN_COUNT && (isFailing(template) || template.level === 'warn'))
        this.#burstsOf(template).push(this.bucket, template.count);
      rememberGrave(template, this.bucket);
      if (template.count >= MIN_SURGE) template.season ??= new Season(start);
      template.season?.push(start, template.count);
      this.#drops.count(template);
      template.count = 0;
      template.samples = [];
      template.gravity = CALM;
    }
    if (this.errors >= MIN_COUNT) this.#bursts.push(this.bucket, this.errors);
    this.#active.clear();
    this.#drops.roll(this.bucket, this.lines, bucket);
    this.hosts.clear();
    this.fellSilent = false;
    this.findings = [];
    this.before += this.lines;
    this.lines = 0;
    this.errors = 0;
    this.#startup.roll();
    this.bucket = bucket;
    this.tryAt = undefined;
    this.#usual = undefined;
  }

  /**
   * Counts a record into the open bucket.
   * @param lines of the whole stream, this one included
   */
  add(record: LogRecord, lines: number): TemplateState {
    this.streamLines = lines;
    this.#lastLine = record.line;
    this.lines += 1;
    this.lastTime = Math.max(this.lastTime, record.timestamp);
    const { id, pattern } = record.template!;
    let template = this.#templates.get(id);
    const isNew = template === undefined;
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
        reading: noReading(),
        request: record.request?.status !== undefined,
        ...{ count: 0, samples: [], gravity: CALM, from: 0, to: 0 },
      };
      this.#templates.set(id, template);
    }
    let gravity = gravityOf(record, template.reading);
    if (gravity > CALM || template.reading.codes) gravity = this.#stop.weigh(record, gravity);
    // What strangers tried may have the level of an error.
    const error = isError(record.level) && gravity >= FAILURE;
    this.#startup.add(record, error);
    if (error) {
      this.errors += 1;
      this.#errorLines += 1;
      if (isNew) this.#newErrors += 1;
    }
    this.#lastFailed = gravity >= FAILURE;
    this.#origin ??= { at: record.timestamp, lines: lines - 1 };
    if (template.count === 0) {
      template.level = record.level;
      template.from = record.timestamp;
      this.#active.add(template);
    } else if (error && !isError(template.level)) template.level = record.level;
    template.pattern = pattern;
    template.total += 1;
    template.count += 1;
    template.to = record.timestamp;
    const warns = record.level === 'warn' && !template.request && !template.reading.stranger;
    if (gravity >= FAILURE || warns) {
      template.gravity = Math.max(template.gravity, gravity) as Gravity;
      template.rise ??= new Rise();
      template.rise.add({ at: record.timestamp, lines: lines - template.total });
    }
    if ((record.level !== 'info' || gravity >= FAILURE) && template.samples.length < SAMPLES) {
      template.samples.push(record.line);
      template.errorCode ??= record.errorCode;
      template.traceId = record.traceId ?? template.traceId;
    }
    if (record.host && this.hosts.size < 4) this.hosts.add(record.host);
    this.#templates.touch(id);
    return template;
  }

  /** Seconds from its first failure in the open bucket to its last line. */
  secondsSoFar(): number {
    let from = this.lastTime;
    for (const template of this.#active) if (isFailing(template)) from = Math.min(from, template.from);
    return (this.lastTime - from) / 1_000;
  }

  /** Notes that no line comes after the open bucket: it fell silent if its last line failed and others came all the time. */
  end(): void {
    this.fellSilent = this.#lastFailed && this.#drops.isBusy(this.bucket);
  }

  /** Whether any line in the open bucket tells of a failure. */
  hasFailures(): boolean {
    for (const template of this.#active) if (isFailing(template)) return true;
    return false;
  }

  /** How many lines in the open bucket are of these templates, and the times of the first and the last. */
  linesOf(ids: readonly string[]): { count: number; from: number; to: number } {
    const all = { count: 0, from: Number.POSITIVE_INFINITY, to: 0 };
    for (const id of ids) {
      const template = this.#templates.get(id);
      if (!template || !this.#active.has(template)) continue;
      all.count += template.count;
      all.from = Math.min(all.from, template.from);
      all.to = Math.max(all.to, template.to);
    }
    return all;
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
      ...(this.#startup.from === undefined ? {} : { from: this.#startup.from }),
      score: broken.count,
      usual: 0,
      error: true,
      ...(template ? { template } : {}),
    };
  }

  /** There are enough buckets before the open one to compare it with. */
  get isKnown(): boolean {
    return this.bucket - this.#first >= MIN_BUCKETS;
  }

  /** All detections in the open bucket, the most confident first. */
  detections(): Detection[] {
    const found = this.troubles();
    const known = this.isKnown;
    if (known && this.errors >= MIN_COUNT) {
      const score = surprise(this.errors, this.usual);
      // A busy service with a few errors has a small problem, however unusual it is.
      const weight = Math.min(1, this.errors / this.lines / 0.02);
      found.push({
        detector: 'error-burst',
        score,
        confidence:
          confidenceOf(score) *
          (0.7 + 0.3 * weight) *
          (this.#bursts.isUsual(this.bucket, this.errors) ? AS_USUAL : 1),
        count: this.errors,
        usual: this.usual.median,
        error: true,
      });
    }
    for (const template of this.#active) {
      const error = isError(template.level) && isFailing(template);
      if (
        !isFailing(template) &&
        (template.level !== 'warn' || template.request || template.reading.stranger)
      ) {
        const surge = known ? this.#surge(template) : undefined;
        if (surge && template.hot + 1 >= SURGE_BUCKETS) found.push(surge);
        continue;
      }
      if (template.born === this.bucket && !template.request && (error || template.level === 'warn'))
        found.push(this.#novelty(template, error));
      if (!known || template.count < MIN_COUNT) continue;
      const baseline = template.series.baseline(this.bucket);
      const score = surprise(template.count, baseline);
      found.push({
        detector: 'rate-change',
        score,
        confidence: confidenceOf(score) * (this.#isUsual(template) ? AS_USUAL : 1),
        count: template.count,
        usual: baseline.median,
        error,
        template,
      });
    }
    const drops = this.bucket > this.lateUntil ? this.#drops.detections(this.bucket, this.lines) : [];
    for (const drop of drops) {
      // What does come now shows it.
      const samples = this.#lastLine === '' ? [] : [this.#lastLine];
      found.push(drop.template ? { ...drop, template: { ...drop.template, samples } } : { ...drop, samples });
    }
    return found.filter(({ confidence }) => confidence > 0.3).sort((a, b) => b.confidence - a.confidence);
  }

  /** What needs no buckets and no past to be seen: grave events, and kinds of failure that come more often than before. */
  troubles(): Detection[] {
    const found: Detection[] = [];
    const origin = this.#origin;
    for (const template of this.#active) {
      const grave = graveEvent(template, this.bucket);
      const rising = origin && risingFailure(template, origin, this.streamLines);
      if (grave) found.push(grave);
      if (rising) found.push(rising);
    }
    return found;
  }

  #burstsOf(template: TemplateState): Bursts {
    template.bursts ??= new Bursts();
    return template.bursts;
  }

  #isUsual(template: TemplateState): boolean {
    return this.#inSeason(template) || template.bursts?.isUsual(this.bucket, template.count) === true;
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
      ...(this.#origin ? { origin: this.#origin } : {}),
      bursts: this.#bursts.save(),
      templates: [...this.#templates.values()].map(saveTemplate),
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
    service.#origin = saved.origin ?? { at: service.began, lines: 0 };
    if (saved.bursts) service.#bursts = Bursts.from(saved.bursts);
    for (const one of saved.templates) {
      const template = restoreTemplate(one, saved.lastTime);
      service.#templates.set(template.id, template);
      if (template.count > 0) service.#active.add(template);
    }
    service.#drops = Drops.from(saved.drops, service.#templates.values(), bucketMs);
    return service;
  }

  /** The first error of a service that had none in thousands of lines, and that nobody dealt with. */
  #isFirstEver({ pattern, samples, request }: TemplateState, error: boolean): boolean {
    if (!error || request || this.before < QUIET_LINES || this.#errorLines > this.errors) return false;
    return this.#newErrors === 1 && !isHandled(samples[0] ?? pattern);
  }

  /**
   * A message that never came before. How much that means depends on how often the service has new ones among its errors
   * (Good and Turing: the share of kinds that were seen once estimates the chance that the next is new).
   */
  #novelty(template: TemplateState, error: boolean): Detection {
    const chance = Math.min(0.9, Math.max(0, this.#newErrors - 3) / Math.max(20, this.#errorLines));
    const certain = error ? (template.level === 'fatal' ? 0.8 : 0.62) : isFailing(template) ? 0.4 : 0.25;
    const base = this.before < KNOWN_LINES ? certain * 0.8 : certain;
    const events = template.rise?.events ?? template.count;
    const repeated = 1 - (1 - base) * 0.75 ** (template.count - 1);
    // A single error happens in every system; it is told when it is the last thing that the service said.
    const single =
      events === 1 && template.level !== 'fatal' && !this.fellSilent && !this.#isFirstEver(template, error);
    return {
      detector: 'new-template',
      score: template.count,
      confidence: Math.min(repeated * (1 - chance), single ? SINGLE : 1),
      count: template.count,
      usual: 0,
      error,
      events,
      template,
    };
  }
}
