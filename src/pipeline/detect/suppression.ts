import type { Feedback } from '../../domain/alert/feedback.ts';
import { LruMap } from '../../domain/lru-map.ts';
import type { LineFinding } from './lines/line-detectors.ts';
import type { Detection } from './services/detection.ts';
import type { ServiceWindow } from './services/service-window.ts';
import { poissonTail, posterior } from './statistics/probability.ts';

const MAX_KEYS = 5_000;
const MAX_BIASES = 5_000;
const MAX_FEEDBACK_IDS = 2_000;
/**
 * How likely a finding is news, per bucket, before anything is known. What has come once an hour so far does not reach an
 * alert by coming again.
 */
const NEWS = 0.001;
/** A finding that never came counts as this many times: in the first minutes everything is new. */
const UNSEEN = 0.05;
/** A finding that was away for more buckets than this has come another time. */
const SAME_TIME_BUCKETS = 60;
/** If the count is this many times the largest count of one bucket, it is news, however usual a single finding is. */
const SURGE = 2;
const MIN_SURGE = 4;
const SURGE_CONFIDENCE = 0.9;

/** Steps in log-odds: one "false alarm" moves a confidence of 0.62 to 0.38, one "real" moves 0.5 to 0.62. */
const STEP = { false_alarm: -1, real: 0.5 } as const;
const MIN_BIAS = -3;
const MAX_BIAS = 1.5;

/** Findings below this confidence say nothing, not even together. */
const MIN_CONFIDENCE = 0.3;
/** Findings of one kind in a bucket that add to each other. */
const MAX_ADDED = 5;
/** Sessions that deviate alike, close to each other, before anybody is told: one of them is no incident. */
const MIN_SESSIONS = 3;
const RUN_BUCKETS = 12;
const FEW_SESSIONS = 0.55;
/** Lines shown for one kind. */
const MAX_SAMPLES = 3;

/** How often one kind of finding has come. */
interface Frequency {
  /** Times it came: buckets close to each other count once. */
  times: number;
  /** The bucket it came in last. */
  last: number;
  /** The largest count in one bucket. */
  most: number;
  /** Findings without a longer pause until then. */
  run: number;
}

/** The names of the fields are those of the first version: stored states have them. */
export interface SuppressionState {
  /** The first bucket of the stream. */
  since: number | undefined;
  habits: [key: string, times: number, last: number, most: number, run?: number][];
  biases: [key: string, bias: number][];
  /** Ids of the feedback that was applied. */
  heard: string[];
}

/**
 * Holds back findings that are usual: how often each kind comes anyway, and what people said about it. After some time, or after
 * one "false alarm", a harmless peculiarity of a system is no longer reported; a surge of it is.
 */
export class Suppression {
  readonly #frequencies = new LruMap<string, Frequency>(MAX_KEYS);
  readonly #biases = new LruMap<string, number>(MAX_BIASES);
  readonly #applied = new LruMap<string, true>(MAX_FEEDBACK_IDS);
  #since: number | undefined;

  /** Says which bucket is the first; to be called before the first finding. */
  begin(bucket: number): void {
    this.#since ??= bucket;
  }

  /**
   * The findings of a service's open bucket as detections. Those of one kind are one detection: the more there are, the
   * more confident (each adds less, since they may have one harmless cause), but never more confident than that they are
   * news at all.
   */
  combine(service: ServiceWindow): Detection[] {
    const byKey = new Map<string, LineFinding[]>();
    for (const finding of service.findings) {
      // A rare line is useful when reading through a file: as an alert, a start or a deployment would wake people. New errors
      // have their own detector.
      if (finding.confidence < MIN_CONFIDENCE || finding.detector === 'rare-template') continue;
      const same = byKey.get(finding.key);
      if (same) same.push(finding);
      else byKey.set(finding.key, [finding]);
    }
    return [...byKey].map(([key, same]) => {
      const detection = combined(same);
      detection.confidence = Math.min(
        detection.confidence,
        this.#novelty(key, same.length, service.bucket),
        detection.detector === 'session' && this.#alike(key, same.length, service.bucket) < MIN_SESSIONS
          ? FEW_SESSIONS
          : 1,
      );
      return detection;
    });
  }

  /** Counts the findings of a bucket that is over. */
  record(service: ServiceWindow): void {
    if (service.findings.length === 0) return;
    const counts = new Map<string, number>();
    for (const { key, confidence } of service.findings)
      if (confidence >= MIN_CONFIDENCE) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const [key, count] of counts) this.#recordKey(key, count, service.bucket);
  }

  /** The confidence of a detection as the feedback on this service, template and detector has moved it. */
  adjust(confidence: number, service: string, template: string, detector: string): number {
    const bias = this.#biases.get(biasKey(service, template, detector));
    if (!bias || confidence <= 0) return confidence;
    const odds = (confidence / (1 - Math.min(confidence, 0.999))) * Math.exp(bias);
    return odds / (1 + odds);
  }

  /** Applies a person's feedback, each id once. */
  applyFeedback({ id, verdict, service, template, detector }: Feedback): void {
    if (this.#applied.has(id)) return;
    this.#applied.set(id, true);
    const key = biasKey(service, template, detector);
    const bias = (this.#biases.get(key) ?? 0) + STEP[verdict];
    this.#biases.set(key, Math.max(MIN_BIAS, Math.min(MAX_BIAS, bias)));
  }

  save(): SuppressionState {
    return {
      since: this.#since,
      habits: [...this.#frequencies.entries()].map(
        ([key, { times, last, most, run }]) =>
          [...[key, times, last, most, run]] as SuppressionState['habits'][number],
      ),
      biases: [...this.#biases.entries()],
      heard: [...this.#applied.entries()].map(([id]) => id),
    };
  }

  restore(state: SuppressionState): void {
    this.#since = state.since;
    for (const [key, times, last, most, run = 0] of state.habits)
      this.#frequencies.set(key, { times, last, most, run });
    for (const [key, bias] of state.biases) this.#biases.set(key, bias);
    for (const id of state.heard) this.#applied.set(id, true);
  }

  /** How many findings of this kind came close to each other until now, `count` of them in this bucket. */
  #alike(key: string, count: number, bucket: number): number {
    const known = this.#frequencies.get(key);
    return count + (known !== undefined && bucket - known.last <= RUN_BUCKETS ? known.run : 0);
  }

  /** The confidence that `count` findings of one key in bucket `bucket` are news. */
  #novelty(key: string, count: number, bucket: number): number {
    this.#since ??= bucket;
    const known = this.#frequencies.get(key);
    // An occurrence that still goes on does not count against itself.
    const ongoing = known !== undefined && bucket - known.last <= SAME_TIME_BUCKETS ? 1 : 0;
    const mean = ((known?.times ?? 0) - ongoing + UNSEEN) / (Math.max(0, bucket - this.#since) + 1);
    const novelty = posterior(poissonTail(1, mean), NEWS);
    const surges = count >= MIN_SURGE && count >= SURGE * (known?.most ?? 1);
    return surges ? Math.max(novelty, SURGE_CONFIDENCE) : novelty;
  }

  #recordKey(key: string, count: number, bucket: number): void {
    const known = this.#frequencies.get(key) ?? { times: 0, last: Number.NEGATIVE_INFINITY, most: 0, run: 0 };
    if (bucket - known.last > SAME_TIME_BUCKETS) known.times += 1;
    known.run = bucket - known.last <= RUN_BUCKETS ? known.run + count : count;
    known.last = bucket;
    known.most = Math.max(known.most, count);
    this.#frequencies.set(key, known);
  }
}

const biasKey = (service: string, template: string, detector: string): string =>
  `${service}\u0000${template}\u0000${detector}`;

/** The findings of one kind as one detection. */
function combined(same: LineFinding[]): Detection {
  const strongest = same.reduce((most, other) => (other.confidence > most.confidence ? other : most));
  const more = Math.min(MAX_ADDED, same.length) - 1;
  const samples = [...new Set(same.map(({ line }) => line).filter((line) => line !== ''))];
  return {
    detector: strongest.detector,
    score: strongest.score,
    confidence: 1 - (1 - strongest.confidence) * (1 - strongest.confidence / 2) ** more,
    count: same.length,
    usual: 0,
    error: false,
    finding: strongest,
    ...(strongest.template
      ? { template: { ...strongest.template, level: 'info', samples: samples.slice(0, MAX_SAMPLES) } }
      : {}),
  };
}
