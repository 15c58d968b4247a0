import { isError, type Level, type LogRecord } from '../../domain/record.ts';
import { LruMap } from '../lru-map.ts';
import { type Baseline, confidenceOf, MIN_BUCKETS, Series, surprise } from './series.ts';

/** What one detector noticed in one bucket of one service. */
export interface Signal {
  detector: 'error-burst' | 'new-template' | 'rate-change';
  /** Units of usual spread, or for novelty the number of lines. */
  score: number;
  confidence: number;
  /** Lines behind it. */
  count: number;
  /** Median of earlier buckets. */
  usual: number;
  /** Whether errors are behind it: only then may it become critical. */
  error: boolean;
  template?: TemplateState;
}

/** One template within one service. */
export interface TemplateState {
  id: string;
  pattern: string;
  level: Level;
  errorCode?: string;
  traceId?: string;
  total: number;
  /** Bucket of its first line. */
  born: number;
  series: Series;
  /** Of the open bucket. */
  count: number;
  samples: string[];
}

const SAMPLES = 3;
const MAX_TEMPLATES = 5_000;
/** An error must come this often in a bucket before its rate says anything. */
const MIN_COUNT = 4;

/** What is usual for one service, and what happens in its open bucket. */
export class ServiceState {
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
  /** The bucket an anomaly was reported in last. */
  reported = -1;
  /** Errors in the open bucket from which it is worth judging before it closes. */
  tryAt: number | undefined;
  hosts = new Set<string>();
  readonly #errors: Series;
  readonly #templates = new LruMap<string, TemplateState>(MAX_TEMPLATES);
  readonly #active = new Set<TemplateState>();
  readonly #first: number;
  #errorLines = 0;
  #newErrors = 0;
  #usual: Baseline | undefined;

  constructor(name: string, bucket: number, time: number) {
    this.name = name;
    this.bucket = bucket;
    this.lastTime = time;
    this.#first = bucket;
    this.#errors = new Series(bucket);
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
    for (const template of this.#active) {
      template.series.push(this.bucket, template.count);
      template.count = 0;
      template.samples = [];
    }
    this.#active.clear();
    this.hosts.clear();
    this.before += this.lines;
    this.lines = 0;
    this.errors = 0;
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
    let template = this.#templates.get(id);
    if (!template) {
      template = {
        id,
        pattern,
        level: record.level,
        total: 0,
        born: this.bucket,
        // A template that was never seen had a count of zero in every bucket the service was there.
        series: new Series(Math.max(this.#first, this.bucket - 30)),
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

  /** Everything the detectors notice in the open bucket, the most confident first. */
  signals(): Signal[] {
    const signals: Signal[] = [];
    const known = this.bucket - this.#first >= MIN_BUCKETS;
    if (known && this.errors >= MIN_COUNT) {
      const score = surprise(this.errors, this.usual);
      // A busy service with a handful of errors has a small problem, however unusual it is.
      const weight = Math.min(1, this.errors / this.lines / 0.02);
      signals.push({
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
      if (!error && template.level !== 'warn') continue;
      if (template.born === this.bucket) signals.push(this.#novelty(template, error));
      if (!known || template.count < MIN_COUNT) continue;
      const baseline = template.series.baseline(this.bucket);
      const score = surprise(template.count, baseline);
      signals.push({
        detector: 'rate-change',
        score,
        confidence: confidenceOf(score),
        count: template.count,
        usual: baseline.median,
        error,
        template,
      });
    }
    return signals.filter((signal) => signal.confidence > 0.3).sort((a, b) => b.confidence - a.confidence);
  }

  /**
   * A message that was never there before. How much that means depends on how often the service says something new
   * among its errors (Good and Turing: the share of kinds seen once estimates the chance that the next is new).
   */
  #novelty(template: TemplateState, error: boolean): Signal {
    const chance = Math.min(0.9, Math.max(0, this.#newErrors - 3) / Math.max(20, this.#errorLines));
    const base = error ? (template.level === 'fatal' ? 0.8 : 0.62) : 0.4;
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
